//! What those do who hold messages: they delete them, or say anew how long they hold them.

use std::sync::Arc;

use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault,
    live::{Claim, Live},
    machine::{Aside, NotHeld},
    receipt::Receipt,
};

/// Claims the messages of receipts. Of each: its place in the claim, or why it has none.
pub async fn claim(
    core: &Core,
    live: &Arc<Live>,
    receipts: &[Result<Receipt, Fault>],
    take: impl Fn(&mut crate::machine::Machine, &Receipt, u64) -> Result<Option<Aside>, NotHeld>,
) -> Result<(Claim, Vec<Option<NotHeld>>), Fault> {
    loop {
        let settled = live.settled.notified();
        {
            let mut state = live.state();
            if state.gone {
                return Err(fault::no_queue());
            }
            let now = core.now();
            let (mut asides, mut refused) = (Vec::new(), Vec::new());
            for receipt in receipts {
                let outcome = match receipt {
                    Ok(receipt) => take(&mut state.machine, receipt, now),
                    Err(_) => Ok(None),
                };
                match outcome {
                    Ok(aside) => {
                        asides.extend(aside);
                        refused.push(None);
                    }
                    Err(why) => refused.push(Some(why)),
                }
            }
            // Two entries may name one message: the second finds it claimed by the first.
            let own = |at: usize| {
                let seq = receipts[at].as_ref().ok().map(|it| it.seq);
                asides.iter().any(|it| Some(it.seq) == seq)
            };
            let is_busy =
                |(at, why): (usize, &Option<NotHeld>)| *why == Some(NotHeld::Busy) && !own(at);
            if !refused.iter().enumerate().any(is_busy) {
                return Ok((state.claim(live, asides), refused));
            }
            state.machine.undo(asides, now);
        }
        settled.await;
    }
}

/// The receipt of a handle.
pub fn receipt(live: &Live, handle: Option<&str>) -> Result<Receipt, Fault> {
    let handle = handle.ok_or_else(|| fault::missing("ReceiptHandle"))?;
    Receipt::decode(&live.arn, handle).ok_or_else(|| fault::bad_receipt(handle))
}

/// Deletes messages; of each receipt whether that is so, or why not.
pub async fn delete(
    core: &Core,
    call: &Call,
    live: &Arc<Live>,
    handles: &[Option<String>],
) -> Result<Vec<Result<(), Fault>>, Fault> {
    let receipts: Vec<_> = handles
        .iter()
        .map(|it| receipt(live, it.as_deref()))
        .collect();
    let fifo = live.record().settings.fifo;
    let (claim, refused) = claim(core, live, &receipts, |machine, it, now| {
        match machine.begin_held(it.seq, it.id, it.receives, now) {
            // Nobody received it since, so this is its last receipt.
            Err(NotHeld::Expired) if !fifo => Ok(machine.begin_ready(it.seq)),
            other => other.map(Some),
        }
    })
    .await?;
    if !claim.asides.is_empty() {
        crate::receiving::remove(core, call, claim).await?;
    }
    let results = receipts.into_iter().zip(refused).zip(handles);
    let results = results.map(|((receipt, why), handle)| match (receipt, why) {
        (Err(fault), _) => Err(fault),
        (Ok(_), Some(NotHeld::Expired | NotHeld::Superseded)) if fifo => Err(
            fault::expired_receipt(handle.as_deref().unwrap_or_default()),
        ),
        // Deleting again is no error; an older receipt deletes nothing.
        (Ok(_), _) => Ok(()),
    });
    let results: Vec<Result<(), Fault>> = results.collect();
    // As in AWS each deletion that succeeds counts, again or not.
    live.meter
        .deleted(results.iter().filter(|it| it.is_ok()).count());
    Ok(results)
}
