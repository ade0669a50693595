//! What goes wrong around a board ends in the right error, and leaves nothing behind.

use std::io::{Read, Write};
use std::net::TcpStream;

use lockstep_virtual_board::board::VirtualBoard;
use lockstep_virtual_board::machine::ClockMode;
use probe_rs::MemoryInterface;
use probe_rs::flashing::{DownloadOptions, FlashProgress, ProgressEvent};

use crate::boards::*;
use crate::process::*;
use crate::programs::*;
use crate::special_programs::*;
use crate::stop_programs::*;

/// A client that speaks the protocol by hand.
struct Client(TcpStream);

impl Client {
    fn connect(board: &VirtualBoard) -> Self {
        let stream = TcpStream::connect(board.address()).unwrap();
        stream.set_read_timeout(Some(10 * SECOND)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    fn reply(&mut self) -> Vec<u8> {
        let mut reply = Vec::new();
        while reply.last() != Some(&b'#') {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            reply.extend(byte);
        }
        reply
    }

    fn ask(&mut self, request: &str) -> String {
        self.send(format!("!{request}#").as_bytes());
        String::from_utf8(self.reply()).unwrap()
    }
}

/// Waits until the board takes a client again, and is it.
fn next_client(board: &VirtualBoard) -> Client {
    let mut client = None;
    until("the place of a client", || {
        let mut candidate = Client::connect(board);
        // One that is refused is hung up on, so that its request may find nobody.
        let sent = candidate.0.write_all(b"!HC#");
        let mut reply = [0; 4];
        let read = sent.and_then(|()| candidate.0.read_exact(&mut reply));
        if read.is_ok() && &reply == b"&K3#" {
            client = Some(candidate);
        }
        client.is_some()
    });
    client.unwrap()
}

pub(crate) fn a_client_that_disconnects_mid_request_frees_the_probe() {
    let board = board(ClockMode::RealTime);
    for cut in [
        "!",
        "!Am0000",
        "!Am00000000000020000000000000",
        "!HC#!HC#!H",
    ] {
        next_client(&board).send(cut.as_bytes());
    }
    let mut client = next_client(&board);
    assert_eq!(client.ask("Aa000001fc"), "&K21007704#");
    assert!(board.failure().is_none());
}

/// With debug enabled and the reset caught, it halts when the line is let go.
pub(crate) fn the_reset_line_holds_the_chip() {
    let board = board(ClockMode::RealTime);
    let mut client = next_client(&board);
    // Enabled and asked to halt, halted, ready.
    let halted = "&K03000300#";
    let status = "Am000000000000e000edf000000004";
    for (request, reply) in [
        ("GZ1", "&K0#"),
        // DHCSR: debug enabled. DEMCR: the reset is caught.
        ("AM00000000000002e000edf00000000401005fa0", "&K0#"),
        ("AM00000000000002e000edfc0000000401000000", "&K0#"),
    ] {
        assert_eq!(client.ask(request), reply, "{request}");
    }
    assert_ne!(client.ask(status), halted, "it is held, and not halted");
    assert_eq!(client.ask("GZ0"), "&K0#");
    assert_eq!(client.ask(status), halted);
    // A line that is not pulled cannot be let go.
    assert_eq!(client.ask("GZ0"), "&K0#");
    assert_eq!(client.ask(status), halted);
}

pub(crate) fn random_requests_are_answered_and_leave_a_working_board() {
    let board = board(ClockMode::RealTime);
    let mut client = next_client(&board);
    let mut seed = 1u32;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    let kinds = [
        "Ad00ff0000",
        "AR0000000450000000",
        "Aa000001fc",
        "AA0000010404000000",
        "AM0000000000000220001000000000040a0b0c0d",
        "Am0000000000002000100000000004",
        "Am000000000000e000edf000000004",
        "AM000000000002e000edf000000004030005a0",
        "AM000000000002e000edf400000004000000",
        "So08a5",
        "Si20",
        "SI20",
        "GZ1",
        "HA",
    ];
    for _ in 0..10_000 {
        let mut request = kinds[random(kinds.len())].as_bytes().to_vec();
        for _ in 0..random(3) {
            let at = random(request.len());
            match random(4) {
                0 => request[at] = u8::try_from(random(256)).unwrap(),
                1 => request.truncate(at.max(1)),
                2 => request.insert(at, b"0123456789abcdef"[random(16)]),
                _ => request.extend_from_within(at..),
            }
        }
        request.retain(|byte| !b"!#".contains(byte));
        client.send(b"!");
        client.send(&request);
        client.send(b"#");
        let reply = client.reply();
        assert!(
            matches!(reply.get(..2), Some(b"&K" | b"&E" | b"&P" | b"&N")),
            "{reply:?}"
        );
    }
    drop(client);
    let mut client = next_client(&board);
    assert_eq!(client.ask("Ad00ff0000"), "&K7714b10b#");
    assert_eq!(board.failure(), None);
}

pub(crate) fn an_emulator_killed_during_a_download_fails_the_download() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    let mut loader = session.target().flash_loader();
    loader.add_data(0, &[0x5a; 32 * 1024]).unwrap();
    let mut options = DownloadOptions::default();
    let wrapper = board.watchdog_pid();
    let mut killed = false;
    options.progress = FlashProgress::new(move |event| {
        if matches!(event, ProgressEvent::Progress { .. }) && !killed {
            killed = true;
            kill_machine(wrapper);
        }
    });
    assert!(loader.commit(&mut session, options).is_err());
    until("the cause", || board.failure().is_some());
    let failure = board.failure().unwrap();
    assert!(
        failure.contains("the emulator exited (signal: 9"),
        "{failure}"
    );
}

pub(crate) fn an_emulator_killed_while_it_runs_fails_the_next_request() {
    let board = board(ClockMode::Unthrottled);
    let mut session = attach(&board);
    flash(&mut session, &COUNTER);
    let mut core = session.core(0).unwrap();
    core.reset().unwrap();
    kill_machine(board.watchdog_pid());
    until("the error", || core.read_word_32(COUNT.into()).is_err());
    assert!(core.halt(SECOND).is_err());
    assert!(board.failure().is_some());
}

/// The emulator tells of each change of a pin and does nothing else until that is read.
pub(crate) fn firmware_that_toggles_pins_without_pause_can_be_debugged() {
    for pace in [ClockMode::RealTime, ClockMode::Unthrottled] {
        let board = board(pace);
        board.watch_outputs(1 << 3);
        let mut session = attach(&board);
        flash(&mut session, &TOGGLER);
        let mut core = session.core(0).unwrap();
        core.reset().unwrap();
        for _ in 0..10 {
            core.read_word_32(COUNT.into()).unwrap();
            core.halt(5 * SECOND).unwrap();
            core.step().unwrap();
            core.run().unwrap();
        }
        let mut edges = 0;
        until("a hundred edges", || {
            edges += board.take_edges().0.len();
            edges > 100
        });
        core.reset_and_halt(5 * SECOND).unwrap();
        assert_eq!(board.failure(), None);
    }
}

/// [`until`] waits for 5 s, which is the most that a hang may take to be noticed.
pub(crate) fn a_frozen_emulator_is_a_failure_with_and_without_requests() {
    for is_asked in [false, true] {
        let board = board(ClockMode::RealTime);
        let mut session = attach(&board);
        let mut core = session.core(0).unwrap();
        core.read_word_32(COUNT.into()).unwrap();
        freeze_machine(board.watchdog_pid());
        if is_asked {
            assert!(core.read_word_32(COUNT.into()).is_err());
        }
        until("the cause", || board.failure().is_some());
        let failure = board.failure().unwrap();
        assert!(failure.contains("the emulator did not answer"), "{failure}");
    }
}

pub(crate) fn a_lockup_by_the_firmware_is_a_failure_with_its_cause() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    // Its hard fault handler is the code that faults: a load from nowhere.
    let mut image = image(&[0x4801, 0x6800, 0xe7fe, 0x46c0, 0x0000, 0x6000]);
    image[12..16].copy_from_slice(&(CODE | 1).to_le_bytes());
    let mut loader = session.target().flash_loader();
    loader.add_data(0, &image).unwrap();
    let options = DownloadOptions::default();
    loader.commit(&mut session, options).unwrap();
    // The emulator may be gone before the reset is acknowledged.
    let _ = session.core(0).unwrap().reset();
    until("the end of the machine", || board.failure().is_some());
    let failure = board.failure().unwrap();
    assert!(failure.to_lowercase().contains("lockup"), "{failure}");
}

pub(crate) fn boards_run_side_by_side() {
    let boards: Vec<_> = (0..3).map(|_| board(ClockMode::RealTime)).collect();
    for (board, word) in boards.iter().zip(1u32..) {
        let mut session = attach(board);
        let mut core = session.core(0).unwrap();
        core.write_word_32(0x2000_0100, word).unwrap();
    }
    for (board, word) in boards.iter().zip(1u32..) {
        let mut session = attach(board);
        let mut core = session.core(0).unwrap();
        assert_eq!(core.read_word_32(0x2000_0100).unwrap(), word);
    }
}
