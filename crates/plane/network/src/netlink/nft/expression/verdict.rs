//! Verdicts: what becomes of a packet.

use super::super::{Attrs, GOTO, JUMP};
use super::{Expression, VERDICT};

impl Expression {
    /// `reject`: the sender hears that nobody listens there.
    pub(crate) fn refuse() -> Vec<Self> {
        const ICMP: u32 = 0;
        const PORT_UNREACHABLE: u8 = 3;
        let reject = Attrs::new().be32(1, ICMP).u8(2, PORT_UNREACHABLE);
        vec![Self::new("reject", reject)]
    }

    pub(crate) fn discard() -> Vec<Self> {
        const DROP: i32 = 0;
        Self::verdict(DROP, None)
    }

    /// Ends this hook's chain; chains of the same hook that come later still see the packet.
    pub(crate) fn accept() -> Vec<Self> {
        const ACCEPT: i32 = 1;
        Self::verdict(ACCEPT, None)
    }

    /// Comes back if the chain decides nothing.
    pub(crate) fn jump(chain: &str) -> Vec<Self> {
        Self::verdict(JUMP, Some(chain))
    }

    /// Goes on where a jump led here from.
    pub(crate) fn back() -> Vec<Self> {
        const RETURN: i32 = -5;
        Self::verdict(RETURN, None)
    }

    /// Does not come back.
    pub(crate) fn goto(chain: &str) -> Vec<Self> {
        Self::verdict(GOTO, Some(chain))
    }

    fn verdict(code: i32, chain: Option<&str>) -> Vec<Self> {
        let verdict = Attrs::new().be32(1, code.cast_unsigned());
        let verdict = chain.into_iter().fold(verdict, |v, name| v.text(2, name));
        let data = Attrs::new().nest(2, verdict);
        vec![Self::new(
            "immediate",
            Attrs::new().be32(1, VERDICT).nest(2, data),
        )]
    }
}
