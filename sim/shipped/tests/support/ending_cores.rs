//! Cores that end the process they are played in, each in its own way, and one with a static.

use std::collections::HashSet;
use std::hint::black_box;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use lockstep_core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
use lockstep_core::event::Event;
use lockstep_core::output::{Level, Output};
use lockstep_sim::registry::AppEntry;
use rustix::process::{Signal, getpid, kill_process};

/// So many ticks after a press each does what it is for.
pub(crate) const DELAY: u8 = 5;

/// A core whose LED shows its button. It cannot be copied and shows no state.
macro_rules! ending_core {
    ($core:ident, $name:literal, $act:expr) => {
        struct $core {
            is_on: bool,
            left: u8,
        }

        impl App for $core {
            const DESCRIPTOR: AppDescriptor = AppDescriptor::new($name, "1.0.0")
                .with_buttons(&["A"])
                .with_outputs(&[Output::digital("led")])
                .with_logs(&[LogKind::number("count")]);
            type Outputs = [Level; 1];

            fn new() -> Self {
                Self {
                    is_on: false,
                    left: 0,
                }
            }

            fn handle(&mut self, event: Event, out: &mut dyn Sink) {
                match event {
                    Event::Press(_) => {
                        self.is_on = true;
                        self.left = DELAY;
                    }
                    Event::Release(_) => self.is_on = false,
                    Event::Tick if self.left > 0 => {
                        self.left -= 1;
                        if self.left == 0 {
                            let act: fn(&mut dyn Sink) = $act;
                            act(out);
                        }
                    }
                    _ => {}
                }
            }

            fn outputs(&self) -> [Level; 1] {
                [self.is_on.into()]
            }
        }
    };
}

ending_core!(Leaver, "leaver", |_| process::exit(0));
ending_core!(Aborter, "aborter", |_| process::abort());
ending_core!(Recurser, "recurser", |_| {
    black_box(recurse(0));
});
ending_core!(Looper, "looper", |_| loop {
    black_box(());
});
ending_core!(Killed, "killed", |_| {
    kill_process(getpid(), Signal::KILL).unwrap();
});
ending_core!(Panicker, "panicker", |_| panic!("on purpose"));
ending_core!(Hoarder, "hoarder", |_| {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1_u8; 1 << 20]));
    }
});
ending_core!(Counter, "counter", |out| {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    out.log(Log::new(LogId(0), i32::try_from(count).unwrap()));
});
ending_core!(Printer, "printer", |_| println!("printed by the core"));

ending_core!(Babbler, "babbler", |out| loop {
    out.log(Log::new(LogId(0), 1));
});
ending_core!(Talkative, "talkative", |_| panic!(
    "{}",
    "too much ".repeat(100_000)
));
ending_core!(Raiser, "raiser", |_| {
    kill_process(getpid(), Signal::SEGV).unwrap();
});
ending_core!(Shuffler, "shuffler", |out| {
    let shuffled: HashSet<i32> = (0..1_000).collect();
    let first = shuffled.into_iter().next();
    out.log(Log::new(LogId(0), first.unwrap_or_default()));
});

fn recurse(depth: u64) -> u64 {
    if black_box(depth) == u64::MAX {
        return 0;
    }
    let deeper = recurse(depth + 1);
    black_box(deeper) + 1
}

pub(crate) fn all() -> Vec<AppEntry> {
    vec![
        lockstep_sim::app!(Leaver),
        lockstep_sim::app!(Aborter),
        lockstep_sim::app!(Recurser),
        lockstep_sim::app!(Looper),
        lockstep_sim::app!(Killed),
        lockstep_sim::app!(Panicker),
        lockstep_sim::app!(Hoarder),
        lockstep_sim::app!(Counter),
        lockstep_sim::app!(Printer),
        lockstep_sim::app!(Babbler),
        lockstep_sim::app!(Talkative),
        lockstep_sim::app!(Raiser),
        lockstep_sim::app!(Shuffler),
    ]
}
