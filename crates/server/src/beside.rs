//! What keeps a thread for long, a processor's work or a disk's, done beside the few threads that serve everybody.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does what takes long; the thread's other tasks go on elsewhere, if the runtime has other threads. What is in one task with the
/// caller waits.
pub fn beside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn other_tasks_of_the_thread_go_on() {
        let (tell, told) = mpsc::channel();
        // The only thread does not return from here before another task of it ran.
        let long = tokio::spawn(async move { beside(move || told.recv_timeout(LONG)) });
        let short = tokio::spawn(async move { tell.send(()) });
        assert_eq!(long.await.unwrap(), Ok(()));
        short.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn where_there_is_no_other_thread_it_is_done_all_the_same() {
        assert_eq!(beside(|| 7), 7);
    }
}
