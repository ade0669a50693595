//! A program in a pseudo-terminal, and the terminal emulator around it.
//!
//! Everything waits for a condition with a deadline, and nothing sleeps.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::num::NonZero;
use std::process::{Child, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use pty_process::blocking::{Command, Pty, open};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, waitid, waitpid,
};
use rustix::termios::{LocalModes, tcgetattr};
use vt100::{MouseProtocolMode, Parser};

/// Much longer than anything takes, on any machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// The queries that a terminal emulator answers.
#[derive(Clone, Copy)]
pub(crate) struct Emulator {
    /// Whether it reports its attributes, as nearly every terminal does.
    pub(crate) attributes: bool,
    /// Whether it has the kitty keyboard protocol.
    pub(crate) keyboard: bool,
    /// The background color that it reports, such as `rgb:ffff/ffff/ffff`.
    pub(crate) background: Option<&'static str>,
}

/// A common terminal.
pub(crate) const PLAIN: Emulator = Emulator {
    attributes: true,
    keyboard: false,
    background: None,
};

/// A terminal that reports when keys are released.
pub(crate) const KITTY: Emulator = Emulator {
    keyboard: true,
    ..PLAIN
};

/// A program that runs in a terminal of its own.
pub(crate) struct Session {
    pty: Pty,
    child: Child,
    screen: Parser,
    emulator: Emulator,
    /// Everything the program wrote.
    pub(crate) output: Vec<u8>,
    /// How much of the output was searched for queries.
    searched: usize,
    modes_before: String,
}

impl Session {
    pub(crate) fn start(
        program: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
        emulator: Emulator,
    ) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(pty_process::Size::new(24, 80)).unwrap();
        let modes_before = modes(&pty);
        let child = Command::new(program)
            .args(arguments)
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .env("LC_ALL", "C.UTF-8")
            // What the user has arranged in other sessions is not taken.
            .env("XDG_STATE_HOME", "/dev/null")
            .env_remove("NO_COLOR")
            // With it, color is taken to be wanted on any terminal.
            .env_remove("CI")
            .envs(environment.iter().copied())
            .spawn(pts)
            .unwrap();
        Self {
            pty,
            child,
            screen: parser(80, 24),
            emulator,
            output: Vec::new(),
            searched: 0,
            modes_before,
        }
    }

    pub(crate) fn send(&mut self, keys: &str) {
        (&self.pty).write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.pty
            .resize(pty_process::Size::new(rows, columns))
            .unwrap();
        let [rows, columns] = [rows, columns].map(|size| NonZero::new(size).unwrap());
        self.screen.screen_mut().set_size(rows, columns);
    }

    /// Reads until the screen shows this text.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |session| {
            session.screen.screen().contents().contains(text)
        });
    }

    /// Reads until a condition holds.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !holds(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            let is_open = !left.is_zero() && self.read_some(left);
            assert!(
                is_open || holds(self),
                "no {what:?} on\n{}",
                self.describe()
            );
        }
    }

    /// Reads what the program writes next; `false` if there was nothing, or will be no more.
    fn read_some(&mut self, within: Duration) -> bool {
        let within = Timespec::try_from(within).unwrap();
        let mut ready = [PollFd::new(&self.pty, PollFlags::IN)];
        if poll(&mut ready, Some(&within)).unwrap() == 0 {
            return false;
        }
        let mut bytes = [0; 65_536];
        let Ok(count @ 1..) = (&self.pty).read(&mut bytes) else {
            return false;
        };
        self.output.extend(&bytes[..count]);
        self.screen.process(&bytes[..count]);
        self.answer();
        true
    }

    /// Answers the queries that the program has written, in their order.
    fn answer(&mut self) {
        const ATTRIBUTES: &[u8] = b"\x1b[c";
        const KEYBOARD: &[u8] = b"\x1b[?u";
        const BACKGROUND: &[u8] = b"\x1b]11;?";
        let Emulator {
            attributes,
            keyboard,
            background,
        } = self.emulator;
        while self.searched < self.output.len() {
            let rest = &self.output[self.searched..];
            let is_cut = |query: &[u8]| rest.len() < query.len() && query.starts_with(rest);
            if [ATTRIBUTES, KEYBOARD, BACKGROUND].into_iter().any(is_cut) {
                break;
            }
            let answer = if attributes && rest.starts_with(ATTRIBUTES) {
                "\x1b[?62;c".to_owned()
            } else if keyboard && rest.starts_with(KEYBOARD) {
                "\x1b[?0u".to_owned()
            } else if let (true, Some(color)) = (rest.starts_with(BACKGROUND), background) {
                format!("\x1b]11;{color}\x1b\\")
            } else {
                String::new()
            };
            self.searched += 1;
            self.send(&answer);
        }
    }

    /// Waits for the program to end by itself.
    #[track_caller]
    pub(crate) fn ended(mut self) -> Ended {
        let status = self.status();
        while self.read_some(Duration::ZERO) {}
        Ended {
            status,
            session: self,
        }
    }

    /// Closes the terminal and waits for the program to end by itself: its exit code, and
    /// the processor time it used from then on, its own children included.
    #[track_caller]
    pub(crate) fn hang_up(self) -> (Option<i32>, Duration) {
        let pid = self.pid();
        let before = processor_time(pid);
        drop(self.pty);
        wait_for_end(pid);
        let used = processor_time(pid).saturating_sub(before);
        let mut child = self.child;
        (child.wait().unwrap().code(), used)
    }

    /// Waits for the exit status, and reads the output, which the program could wait for.
    #[track_caller]
    fn status(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if !left.is_zero() && self.read_some(left) {
                continue;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if left.is_zero() {
                let _ = self.child.kill();
                panic!("the program did not end:\n{}", self.describe());
            }
            // The program has closed its side, so that there is nothing more to read.
            thread::yield_now();
        }
    }

    /// Waits for the program to be stopped, as a shell does.
    #[track_caller]
    pub(crate) fn stopped(&mut self) {
        let pid = self.pid();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let status = waitpid(Some(pid), WaitOptions::UNTRACED);
            let stopped = status
                .ok()
                .flatten()
                .is_some_and(|(_, status)| status.stopped());
            let _ = sender.send(stopped);
        });
        assert_eq!(
            receiver.recv_timeout(DEADLINE),
            Ok(true),
            "the program was not stopped"
        );
        while self.read_some(Duration::ZERO) {}
    }

    /// Asserts that the terminal is in the modes of the simulator.
    #[track_caller]
    pub(crate) fn assert_entered(&self) {
        let local = tcgetattr(&self.pty).unwrap().local_modes;
        assert!(
            !local.intersects(LocalModes::ICANON | LocalModes::ECHO),
            "{local:?}"
        );
        let screen = self.screen.screen();
        assert!(screen.alternate_screen() && screen.hide_cursor());
        assert_ne!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
        assert!(screen.bracketed_paste());
    }

    /// Asserts that the terminal is in the modes that it was in before.
    #[track_caller]
    pub(crate) fn assert_restored(&self) {
        assert_eq!(modes(&self.pty), self.modes_before);
        let screen = self.screen.screen();
        assert!(
            !screen.alternate_screen(),
            "the alternate screen was not left"
        );
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
        assert!(!screen.bracketed_paste());
        let (pushed, popped) = (self.count("\x1b[>3u"), self.count("\x1b[<1u"));
        assert!(
            popped >= pushed,
            "keyboard flags: {pushed} pushed, {popped} popped"
        );
    }

    /// How often these bytes were written.
    pub(crate) fn count(&self, bytes: &str) -> usize {
        let windows = self.output.windows(bytes.len());
        windows.filter(|window| *window == bytes.as_bytes()).count()
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap()
    }

    fn describe(&self) -> String {
        let mut text = self.screen.screen().contents();
        let _ = write!(text, "\n{} bytes were written", self.output.len());
        text
    }
}

/// A program that has ended, and the terminal it leaves behind.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) session: Session,
}

impl Ended {
    /// The text on the screen afterwards.
    pub(crate) fn text(&self) -> String {
        self.session.screen.screen().contents()
    }
}

/// Waits for a child to end, without reaping it.
#[track_caller]
fn wait_for_end(pid: Pid) {
    let (sender, receiver) = mpsc::channel();
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    thread::spawn(move || sender.send(waitid(WaitId::Pid(pid), options).map(drop)));
    match receiver.recv_timeout(DEADLINE) {
        Ok(ended) => ended.unwrap(),
        Err(_) => {
            let _ = kill_process(pid, Signal::KILL);
            panic!("the program did not end")
        }
    }
}

/// The processor time of a process and of those of its children that have ended.
fn processor_time(pid: Pid) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    // After the name, which is in parentheses, the times are the fields 11 to 14.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let times = fields.split_whitespace().skip(11).take(4);
    let ticks: u64 = times.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(1_000 * ticks / rustix::param::clock_ticks_per_second())
}

fn parser(columns: u16, rows: u16) -> Parser {
    let [rows, columns] = [rows, columns].map(|size| NonZero::new(size).unwrap());
    Parser::new(rows, columns, 0)
}

/// All modes of the terminal.
fn modes(pty: &Pty) -> String {
    format!("{:?}", tcgetattr(pty).unwrap())
}
