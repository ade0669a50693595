//! The RTT channels, which outlive a reset: what a bench has not read yet is read after it.

use core::ptr;

use lockstep_core::agent::Link;
use rtt_target::rtt::{RttChannel, RttHeader};
use rtt_target::{ChannelMode, DownChannel, UpChannel, rtt_init};

/// The id in the control block, by which a probe finds it, and which a bench takes away where it resets
/// the chip itself.
const ID: &[u8; 16] = b"SEGGER RTT\0\0\0\0\0\0";

/// The place of the channel of commands, which comes after those that go up.
const COMMANDS: usize = 2;

/// The two channels of a bench.
pub(crate) struct Channels {
    frames: UpChannel,
    commands: DownChannel,
}

impl Channels {
    /// Sets the channels up. What does not fit into a full buffer is dropped: a board does not wait for a
    /// bench. To be called once.
    pub(crate) fn open() -> Self {
        let channels = rtt_init! {
            up: {
                0: { size: 512, mode: ChannelMode::NoBlockSkip, name: "defmt", section: ".uninit.rtt_logs" }
                1: { size: 2048, mode: ChannelMode::NoBlockSkip, name: "trace", section: ".uninit.rtt_frames" }
            }
            down: {
                0: { size: 512, mode: ChannelMode::NoBlockSkip, name: "agent", section: ".uninit.rtt_commands" }
            }
            section_cb: ".uninit.rtt"
        };
        direct_logs(channels.up.0);
        Self {
            frames: channels.up.1,
            commands: channels.down.0,
        }
    }

    /// The channels as they were before a reset; `None` if a bench has taken them away. In the place of
    /// [`Channels::open`].
    pub(crate) fn reopen() -> Option<Self> {
        // SAFETY: `rtt_init` defines the symbol.
        unsafe extern "C" {
            static mut _SEGGER_RTT: RttHeader;
        }
        let block = &raw mut _SEGGER_RTT;
        // SAFETY: the control block begins with its id. It is read as memory that a probe may have written.
        let id = unsafe { ptr::read_volatile(block.cast::<[u8; 16]>()) };
        if &id != ID {
            return None;
        }
        // SAFETY: the id is that of a control block which `open` has set up before a reset that keeps RAM,
        // and the channels follow its header: those that go up, then those that go down.
        unsafe {
            let channels = block.add(1).cast::<RttChannel>();
            direct_logs(UpChannel::new(channels));
            Some(Self {
                frames: UpChannel::new(channels.add(1)),
                commands: DownChannel::new(channels.add(COMMANDS)),
            })
        }
    }
}

#[cfg(feature = "defmt")]
fn direct_logs(channel: UpChannel) {
    rtt_target::set_defmt_channel(channel);
}

#[cfg(not(feature = "defmt"))]
fn direct_logs(channel: UpChannel) {
    let _ = channel;
}

impl Link for Channels {
    fn send(&mut self, frame: &[u8]) -> bool {
        // A debugger that attaches may have set another mode; a frame is written whole or not at all.
        self.frames.set_mode(ChannelMode::NoBlockSkip);
        self.frames.write(frame) == frame.len()
    }

    fn receive(&mut self, into: &mut [u8]) -> usize {
        self.commands.read(into)
    }
}
