//! Talking to one shim: a connection for each request.

use std::{
    io::{self, IoSlice},
    os::fd::{AsRawFd, BorrowedFd, RawFd},
    path::{Path, PathBuf},
    sync::Arc,
};

use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, sendmsg};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Interest},
    net::UnixStream,
};
use wharf_rootdir::{RootDir, proc_path};
use wharf_shim_protocol::{
    Envelope, Reply, Request,
    frame::{self, HEADER},
};

use super::error::{ContainerError, Step};

/// Where a shim is reached. The path goes through an open folder, because socket addresses are
/// limited to 107 bytes and data folders are not.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    folder: Arc<RootDir>,
}

impl Client {
    pub fn new(task_folder: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: Arc::new(RootDir::open(task_folder)?),
        })
    }

    fn socket(&self) -> PathBuf {
        proc_path(self.folder.as_fd()).join("shim.sock")
    }

    /// Somebody listens.
    pub async fn answers(&self) -> bool {
        UnixStream::connect(self.socket()).await.is_ok()
    }

    /// One request, one reply.
    pub async fn call(&self, step: Step, request: Request) -> Result<Reply, ContainerError> {
        let mut connection = self.open(step, request, &[]).await?;
        connection.reply().await
    }

    /// As [`Self::call`] where only [`Reply::Done`] is expected.
    pub async fn tell(&self, step: Step, request: Request) -> Result<(), ContainerError> {
        match self.call(step, request).await? {
            Reply::Done => Ok(()),
            _ => Err(ContainerError::Confused { step }),
        }
    }

    /// Sends a request, with descriptors beside it, on a connection that stays open.
    pub async fn open(
        &self,
        step: Step,
        request: Request,
        streams: &[BorrowedFd<'_>],
    ) -> Result<Connection, ContainerError> {
        let no_shim = |source| ContainerError::NoShim { step, source };
        let bytes = frame::encode(&Envelope::new(request)).map_err(no_shim)?;
        let mut socket = UnixStream::connect(self.socket()).await.map_err(no_shim)?;
        let streams: Vec<RawFd> = streams.iter().map(AsRawFd::as_raw_fd).collect();
        let sent = if streams.is_empty() {
            0
        } else {
            send_with(&socket, &bytes, &streams)
                .await
                .map_err(no_shim)?
        };
        socket.write_all(&bytes[sent..]).await.map_err(no_shim)?;
        Ok(Connection { socket, step })
    }
}

async fn send_with(socket: &UnixStream, bytes: &[u8], streams: &[RawFd]) -> io::Result<usize> {
    let send = || {
        let rights = [ControlMessage::ScmRights(streams)];
        let parts = [IoSlice::new(bytes)];
        sendmsg::<UnixAddr>(socket.as_raw_fd(), &parts, &rights, MsgFlags::empty(), None)
            .map_err(io::Error::from)
    };
    socket.async_io(Interest::WRITABLE, send).await
}

/// A connection on which replies follow.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: UnixStream,
    step: Step,
}

impl Connection {
    /// The next reply; a refusal is an error.
    pub async fn reply(&mut self) -> Result<Reply, ContainerError> {
        let step = self.step;
        match self.read().await {
            Ok(Reply::Failed { failure }) => Err(ContainerError::Refused { step, failure }),
            Ok(reply) => Ok(reply),
            Err(source) => Err(ContainerError::NoShim { step, source }),
        }
    }

    async fn read(&mut self) -> io::Result<Reply> {
        let mut header = [0; HEADER];
        self.socket.read_exact(&mut header).await?;
        let mut body = vec![0; frame::body_len(header)?];
        self.socket.read_exact(&mut body).await?;
        frame::decode(&body)
    }
}
