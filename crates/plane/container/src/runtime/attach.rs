//! The other end of a running container's standard input.

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use tokio::io::unix::AsyncFd;
use wharf_shim_protocol::{ContainerName, Reply, Request};

use super::{
    client::Client,
    error::{ContainerError, Step},
    exec::{channel, receive_terminal},
};

/// Of a pipe, or the other side of a terminal. Whoever waits to write may be given up at any time.
#[derive(Debug)]
pub struct Input(AsyncFd<File>);

impl Input {
    pub(super) async fn of(
        client: &Client,
        container: &ContainerName,
        once: bool,
    ) -> Result<Option<Self>, ContainerError> {
        let failed = |e| ContainerError::io("attach to", container.as_str())(e);
        let (ours, theirs) = channel().map_err(failed)?;
        let request = Request::Attach {
            container: container.clone(),
            once,
        };
        let streams = [theirs.as_fd()];
        let mut connection = client.open(Step::Exec, request, &streams).await?;
        drop(theirs);
        match connection.reply().await? {
            // Nothing came where there is nothing to write to.
            Reply::Done => match receive_terminal(&ours) {
                Ok(input) => Self::new(input).map(Some).map_err(failed),
                Err(_) => Ok(None),
            },
            _ => Err(ContainerError::Confused { step: Step::Exec }),
        }
    }

    fn new(input: OwnedFd) -> io::Result<Self> {
        let flags = OFlag::from_bits_retain(fcntl(&input, FcntlArg::F_GETFL)?);
        fcntl(&input, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        // SAFETY: the descriptor is the file's own, which closes it after its registration has gone.
        let registered = unsafe { AsyncFd::register(File::from(input)) };
        Ok(Self(registered.map_err(io::Error::from)?))
    }

    /// Waits for whoever reads.
    ///
    /// # Errors
    /// Nobody reads any more.
    pub async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let mut ready = self.0.writable().await?;
            match ready.try_io(|it| it.get_ref().write(bytes)) {
                Ok(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(Ok(count)) => bytes = &bytes[count..],
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(error),
                // It was not ready after all.
                Err(_) => {}
            }
        }
        Ok(())
    }
}

/// For the size of a terminal.
impl AsFd for Input {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.get_ref().as_fd()
    }
}
