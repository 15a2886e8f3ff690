//! A part in the first program of a container: what it prints from now on, and what it reads.
//!
//! What it prints comes from its log, so a slow caller loses nothing and holds up nobody. What it reads goes to its standard input
//! itself, if the container keeps one (`stdin`): with `stdinOnce` the input ends with the first caller that has it, else it waits for
//! the next one.

use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use wharf_base::Chain;
use wharf_container::runtime::{Input, LogReader, LogRecord, Stream};
use wharf_kube_client::Object as _;
use wharf_kube_model::view::containers;

use super::{
    Target,
    answer::Answer,
    channels::{Came, Channels, Hears, RESIZE, STDERR, STDIN, STDOUT, Says, exited, failed},
    logs::run_of,
    sessions::{WAITING, Wish, hand_on, resize},
    streams::upgrade,
};
use crate::kubelet::Kubelet;

/// Of a log, read at once.
const RECORDS: usize = 512;
/// Told at once.
const TOLD: usize = 64;
/// Bytes that say how large a terminal is; some wait where there is none.
const LONGEST_SIZE: usize = 128;

pub fn attach(kubelet: &Kubelet, target: Target, request: Request<Incoming>) -> Response<Answer> {
    let wish = Wish::read(request.uri().query().unwrap_or_default());
    let kubelet = kubelet.clone();
    upgrade(request, wish.streams(), move |channels| async move {
        run(kubelet, target, wish, channels).await;
    })
}

/// Whether the container is given a terminal, and whether its input ends with who has it first.
fn of_container(target: &Target) -> (bool, bool) {
    let own = containers(&target.pod).find(|it| it.text("/name") == target.container);
    own.map_or((false, false), |it| {
        (it.is_true("/tty"), it.is_true("/stdinOnce"))
    })
}

async fn run(kubelet: Kubelet, target: Target, wish: Wish, channels: Channels) {
    let (mut says, mut hears) = channels.split();
    let machine = &kubelet.node.machine;
    let found = run_of(&**machine, &target, false).await;
    let opened = found.and_then(|run| Ok((machine.logs(&target.sandbox, &run)?, run)));
    let (mut reader, run) = match opened {
        Ok(opened) => opened,
        Err(why) => {
            let why = Chain(&why).to_string();
            return says.finish(hears, &failed(&why)).await;
        }
    };
    skip(&mut reader);
    let (has_terminal, once) = of_container(&target);
    // What it has printed of a line by now, such as a prompt, is told as the first.
    let attached = machine.attach(&target.sandbox, &run, once && wish.input);
    let input = match attached.await {
        Ok(input) => input.filter(|_| wish.input),
        Err(error) if wish.input => {
            return says.finish(hears, &failed(&error.text())).await;
        }
        // Its log tells of it all the same.
        Err(_) => None,
    };
    if !says.send(STDOUT, &[]).await {
        return;
    }
    let feeding = Feeding::begin(input, has_terminal);
    let carried = tokio::select! {
        carried = tell_all(&mut reader, &wish, &mut says) => carried,
        () = feeding.hear(&mut hears) => None,
    };
    if carried.is_some() {
        says.finish(hears, &exited(0)).await;
    }
}

/// What was printed before.
fn skip(reader: &mut LogReader) {
    while let Ok(batch) = reader.read_now(RECORDS) {
        if batch.records.is_empty() || batch.ended {
            return;
        }
    }
}

/// Until the program has ended and all it printed is sent; `None` if the caller went away.
async fn tell_all(reader: &mut LogReader, wish: &Wish, says: &mut Says) -> Option<()> {
    loop {
        tokio::select! {
            batch = reader.next(TOLD) => {
                let Ok(batch) = batch else { return Some(()) };
                for record in &batch.records {
                    tell(record, wish, says).await?;
                }
                if batch.ended {
                    return Some(());
                }
            }
            due = says.due() => if !says.answer(due).await {
                return None;
            },
        }
    }
}

/// What the caller types, on its way to the program. Dropped, the program's input ends with it if it is to.
struct Feeding {
    typed: mpsc::Sender<Vec<u8>>,
    sized: mpsc::Sender<Vec<u8>>,
    _task: Option<AbortOnDropHandle<()>>,
}

impl Feeding {
    fn begin(input: Option<Input>, has_terminal: bool) -> Self {
        let (typed, types) = mpsc::channel(WAITING);
        let (sized, sizes) = mpsc::channel(WAITING);
        let task = input.map(|input| {
            let feeding = feed(input, has_terminal, types, sizes);
            AbortOnDropHandle::new(tokio::spawn(feeding))
        });
        Self {
            typed,
            sized,
            _task: task,
        }
    }

    /// Until the caller is gone.
    async fn hear(self, hears: &mut Hears) {
        let (mut typed, mut held) = (Some(self.typed), None);
        loop {
            tokio::select! {
                is_taken = hand_on(typed.as_ref(), &mut held), if held.is_some() => if !is_taken {
                    // One that reads nothing any more takes nothing.
                    typed = None;
                },
                came = hears.next(), if held.is_none() => match came {
                    None => return,
                    Some(Came::Data(STDIN, bytes)) => held = typed.is_some().then_some(bytes),
                    // The newest size comes again with the next change.
                    Some(Came::Data(RESIZE, bytes)) if bytes.len() <= LONGEST_SIZE => {
                        drop(self.sized.try_send(bytes));
                    }
                    Some(Came::Closed(STDIN)) => typed = None,
                    Some(Came::Data(..) | Came::Closed(_)) => {}
                },
            }
        }
    }
}

async fn tell(record: &LogRecord, wish: &Wish, says: &mut Says) -> Option<()> {
    let (channel, is_wanted) = match record.stream {
        Stream::Stdout => (STDOUT, wish.output),
        Stream::Stderr => (STDERR, wish.error),
    };
    let mut bytes = record.line.to_vec();
    if !record.partial {
        bytes.push(b'\n');
    }
    let is_told = !is_wanted || bytes.is_empty() || says.send(channel, &bytes).await;
    is_told.then_some(())
}

/// Writes what is typed, until that ends: then the input of a pipe ends too, while a terminal waits for sizes.
async fn feed(
    input: Input,
    has_terminal: bool,
    mut typed: mpsc::Receiver<Vec<u8>>,
    mut sizes: mpsc::Receiver<Vec<u8>>,
) {
    loop {
        tokio::select! {
            bytes = typed.recv() => match bytes {
                Some(bytes) => if input.write_all(&bytes).await.is_err() {
                    return;
                },
                None => break,
            },
            Some(size) = sizes.recv(), if has_terminal => resize(&input, &size),
        }
    }
    while has_terminal && let Some(size) = sizes.recv().await {
        resize(&input, &size);
    }
}
