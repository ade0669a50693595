//! Messages between two processes, whole ones, with a socket if need be.

use std::cell::RefCell;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest message, in bytes: less than the system takes at once.
pub(super) const MAX_MESSAGE: usize = 128 * 1024;

/// One end of a connection.
pub(super) struct Channel {
    socket: OwnedFd,
    /// Pages of it that no message has needed take no memory.
    buffer: RefCell<Vec<u8>>,
}

/// What was received.
pub(super) enum Received<M> {
    /// A message, and the socket that came with it.
    Message(M, Option<OwnedFd>),
    /// The other end is gone.
    Closed,
    /// Nothing came within the time that was set.
    Nothing,
}

impl Channel {
    pub(super) fn of(socket: OwnedFd) -> Self {
        Self {
            socket,
            buffer: RefCell::new(vec![0; MAX_MESSAGE]),
        }
    }

    /// Two sockets that are connected.
    pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
        // Whole messages, and the end of the other process is noticed.
        Ok(socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?)
    }

    /// Waits at most so long for each message.
    pub(super) fn wait_at_most(&self, limit: Duration) -> io::Result<()> {
        Ok(set_socket_timeout(
            &self.socket,
            Timeout::Recv,
            Some(limit),
        )?)
    }

    pub(super) fn send<M: Serialize>(&self, message: &M) -> io::Result<()> {
        self.send_bytes(message, &mut SendAncillaryBuffer::default())
    }

    /// Sends a message, and a copy of a socket with it.
    pub(super) fn send_with<M: Serialize>(
        &self,
        message: &M,
        socket: BorrowedFd<'_>,
    ) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut attached = SendAncillaryBuffer::new(&mut space);
        let sockets = [socket];
        attached.push(SendAncillaryMessage::ScmRights(&sockets));
        self.send_bytes(message, &mut attached)
    }

    fn send_bytes<M: Serialize>(
        &self,
        message: &M,
        attached: &mut SendAncillaryBuffer<'_, '_, '_>,
    ) -> io::Result<()> {
        let bytes = postcard::to_stdvec(message).map_err(io::Error::other)?;
        if bytes.len() > MAX_MESSAGE {
            let problem = format!("a message of {} bytes is too long", bytes.len());
            return Err(io::Error::other(problem));
        }
        retried(|| {
            sendmsg(
                &self.socket,
                &[IoSlice::new(&bytes)],
                attached,
                SendFlags::NOSIGNAL,
            )
        })?;
        Ok(())
    }

    pub(super) fn receive<M: DeserializeOwned>(&self) -> io::Result<Received<M>> {
        let mut buffer = self.buffer.borrow_mut();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut attached = RecvAncillaryBuffer::new(&mut space);
        let received = retried(|| {
            recvmsg(
                &self.socket,
                &mut [IoSliceMut::new(&mut buffer)],
                &mut attached,
                RecvFlags::CMSG_CLOEXEC,
            )
        });
        let length = match received {
            Ok(received) => received.bytes,
            Err(rustix::io::Errno::CONNRESET) => 0,
            Err(rustix::io::Errno::AGAIN) => return Ok(Received::Nothing),
            Err(error) => return Err(error.into()),
        };
        if length == 0 {
            return Ok(Received::Closed);
        }
        let message = buffer.get(..length).unwrap_or_default();
        let message = postcard::from_bytes(message).map_err(io::Error::other)?;
        let socket = attached.drain().find_map(|attached| match attached {
            RecvAncillaryMessage::ScmRights(mut sockets) => sockets.next(),
            _ => None,
        });
        Ok(Received::Message(message, socket))
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Calls again what a signal has interrupted.
pub(super) fn retried<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    loop {
        match call() {
            Err(rustix::io::Errno::INTR) => {}
            other => return other,
        }
    }
}
