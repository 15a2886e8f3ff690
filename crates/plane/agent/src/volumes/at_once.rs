//! Work of which each piece may wait for somebody else: a few pieces at a time, so that one that takes its time keeps few waiting.

use std::{panic::resume_unwind, thread};

use parking_lot::Mutex;

/// Pieces under way at a time.
pub const AT_ONCE: usize = 16;

/// What comes of each of them, in any order. Blocks until all are done.
pub fn at_once<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let others = items.len().min(AT_ONCE).saturating_sub(1);
    let left = Mutex::new(items.into_iter());
    let some = || {
        let mut done = Vec::new();
        loop {
            let next = left.lock().next();
            match next {
                Some(item) => done.push(work(item)),
                None => return done,
            }
        }
    };
    thread::scope(|scope| {
        // Where there is no other thread to be had, this one does all of it.
        let helping = (0..others).map_while(|_| {
            let named = thread::Builder::new().name("volumes".to_owned());
            named.spawn_scoped(scope, some).ok()
        });
        let helping: Vec<_> = helping.collect();
        let mut done = some();
        for helper in helping {
            match helper.join() {
                Ok(some) => done.extend(some),
                Err(panic) => resume_unwind(panic),
            }
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use parking_lot::Condvar;

    use super::*;

    #[test]
    fn as_many_are_under_way_as_may_be_and_no_more() {
        let (under_way, changed) = (Mutex::new((0, 0)), Condvar::new());
        let all: Vec<usize> = (0..3 * AT_ONCE).collect();
        let mut done = at_once(all.clone(), |it| {
            let end = Instant::now() + Duration::from_secs(20);
            let mut count = under_way.lock();
            count.0 += 1;
            count.1 = count.0.max(count.1);
            changed.notify_all();
            // Nobody goes on before as many as may be were there together.
            while count.1 < AT_ONCE {
                let late = changed.wait_until(&mut count, end).timed_out();
                assert!(!late, "{} at a time", count.1);
            }
            count.0 -= 1;
            it
        });
        done.sort_unstable();
        assert_eq!(done, all);
        assert_eq!(under_way.lock().1, AT_ONCE);
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(at_once(Vec::<u8>::new(), |it| it).is_empty());
        assert_eq!(at_once(vec![7], |it| it + 1), [8]);
    }
}
