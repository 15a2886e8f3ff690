//! Operations of a compound.

macro_rules! operations {
    ($($name:ident = $code:literal),* $(,)?) => {
        /// An operation that either end knows; its number is that of both minor versions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u32)]
        pub enum Op {
            $($name = $code,)*
        }

        impl Op {
            pub fn of_code(code: u32) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

operations! {
    Access = 3, Close = 4, Commit = 5, Create = 6, GetAttributes = 9, GetHandle = 10, Link = 11, Lock = 12,
    TestLock = 13, Unlock = 14, Lookup = 15, LookupParent = 16, VerifyNot = 17, Open = 18, ConfirmOpen = 20,
    Downgrade = 21, PutHandle = 22, PutPublic = 23, PutRoot = 24, Read = 25, ReadFolder = 26, ReadLink = 27,
    Remove = 28, Rename = 29, Renew = 30, Restore = 31, Save = 32, SecurityOf = 33, SetAttributes = 34,
    SetClient = 35, ConfirmClient = 36, Verify = 37, Write = 38, ReleaseLockOwner = 39, BindConnection = 41,
    ExchangeId = 42, CreateSession = 43, DestroySession = 44, FreeState = 45, Security = 52, Sequence = 53,
    TestStates = 55, DestroyClient = 57, ReclaimComplete = 58,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_have_codes() {
        let all: Vec<_> = (0..=u16::MAX.into()).filter_map(Op::of_code).collect();
        assert_eq!(all.len(), 44);
        assert!(all.iter().all(|it| Op::of_code(*it as u32) == Some(*it)));
    }
}
