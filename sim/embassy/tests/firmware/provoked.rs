//! Firmware whose tasks go on by luck, which is found by waking them otherwise.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use embassy_futures::select::select;
use embassy_time::{Duration, Timer};
use embedded_hal::digital::{InputPin, OutputPin as _, StatefulOutputPin as _};
use embedded_hal_async::digital::Wait as _;
use lockstep_core::app::AppDescriptor;
use lockstep_core::output::{Level, Output};
use lockstep_embassy::{EmbassyApp, Firmware, Ports, Spawner, spawn};
use lockstep_engine::play;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::task_wakeups::{self, WakeupFault};

use crate::support::{Test, go_on, loaded, random_script};

macro_rules! firmware {
    ($type:ident, $name:literal, $start:expr) => {
        struct $type;

        impl Firmware for $type {
            const DESCRIPTOR: AppDescriptor = AppDescriptor::new($name, "1.0.0")
                .with_buttons(&["A"])
                .with_outputs(&[Output::digital("led")]);
            type Outputs = [Level; 1];

            fn start(ports: &Ports, spawner: Spawner) {
                let start: fn(&Ports, Spawner) = $start;
                start(ports, spawner);
            }
        }
    };
}

// Takes its second poll for the press that it waits for.
firmware!(TakesAnyPoll, "takes-any-poll", |ports, spawner| {
    let (mut button, mut led) = (ports.input("A"), ports.output("led"));
    spawn(spawner, async move {
        loop {
            let mut press = std::pin::pin!(button.wait_for_rising_edge());
            let mut is_waiting = false;
            poll_fn(|context| {
                if is_waiting {
                    return Poll::Ready(());
                }
                is_waiting = true;
                press.as_mut().poll(context).map(drop)
            })
            .await;
            led.toggle().unwrap();
        }
    });
});

#[embassy_executor::task]
async fn forgetful(
    flag: &'static std::sync::atomic::AtomicBool,
    mut led: lockstep_embassy::Output,
) {
    // Leaves no waker.
    poll_fn(|_| match flag.load(std::sync::atomic::Ordering::Relaxed) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
    led.set_high().unwrap();
}

// Waits for what another task sets, without a word to it: in a task of `#[task]`, which no port sees.
firmware!(LeavesNoWaker, "leaves-no-waker", |ports, spawner| {
    static FLAG: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    spawner.spawn(forgetful(&FLAG, ports.output("led")).unwrap());
    spawn(spawner, async {
        Timer::after_millis(20).await;
        FLAG.store(true, std::sync::atomic::Ordering::Relaxed);
    });
});

// Reads the button when it is woken by the time-out of a wait that is over.
firmware!(LivesOnOldTimers, "lives-on-old-timers", |ports, spawner| {
    let (mut button, mut led) = (ports.input("A"), ports.output("led"));
    spawn(spawner, async move {
        select(
            button.wait_for_rising_edge(),
            Timer::after(Duration::from_millis(100)),
        )
        .await;
        poll_fn(|_| match button.is_low() {
            Ok(true) => Poll::Ready(()),
            _ => Poll::Pending,
        })
        .await;
        led.set_high().unwrap();
    });
});

// Leaves old timers behind, and lives well with any poll.
firmware!(Sound, "sound", |ports, spawner| {
    let (mut button, mut led) = (ports.input("A"), ports.output("led"));
    let presses = Rc::new(Cell::new(0_u32));
    spawn(spawner, async move {
        loop {
            Timer::after_ticks(0).await;
            select(
                button.wait_for_any_edge(),
                Timer::after(Duration::from_millis(100)),
            )
            .await;
            embassy_futures::yield_now().await;
            presses.set(presses.get() + 1);
            led.toggle().unwrap();
        }
    });
});

pub(crate) fn apps() -> [AppEntry; 4] {
    [
        lockstep_engine::app!(EmbassyApp<TakesAnyPoll>),
        lockstep_engine::app!(EmbassyApp<LeavesNoWaker>),
        lockstep_engine::app!(EmbassyApp<LivesOnOldTimers>),
        lockstep_engine::app!(EmbassyApp<Sound>),
    ]
}

pub(crate) const TESTS: [(&str, Test); 4] = [
    ("a poll that is taken for a wake-up is found", any_poll),
    ("a task that leaves no waker is found", no_waker),
    ("a task that lives on old timers is found", old_timers),
    ("sound firmware does not care how it is woken", sound),
];

/// What the usual run and the other one differ in.
fn found(apps: &Registry, scenario: &str, fault: WakeupFault) -> Result<(), String> {
    let loaded = loaded(apps, scenario);
    let trace = play::trace(&loaded.app, &loaded.script, &mut go_on).unwrap();
    task_wakeups::check(&loaded.app, &loaded.script, &trace, fault, &mut go_on)
        .map_err(|error| error.to_string())
}

fn any_poll(apps: &Registry) {
    let scenario = "app takes-any-poll\nwait 10 ms\ntap A for 5 ms\nexpect led is on\nwait 10 ms\n";
    assert_eq!(found(apps, scenario, WakeupFault::Lost), Ok(()));
    assert_eq!(
        found(apps, scenario, WakeupFault::Spurious).unwrap_err(),
        "app `takes-any-poll` broke its contract at tick 0: with `--wake spurious` it gives \
         `out led 1`, in the usual run `out led 0`: a task takes any poll for the wake-up that it waits for"
    );
}

fn no_waker(apps: &Registry) {
    let scenario = "app leaves-no-waker\nexpect led stays off for 50 ms\nwait 50 ms\n";
    assert_eq!(found(apps, scenario, WakeupFault::Lost), Ok(()));
    assert_eq!(
        found(apps, scenario, WakeupFault::Spurious).unwrap_err(),
        "app `leaves-no-waker` broke its contract at tick 20: with `--wake spurious` it gives \
         `out led 1`, in the usual run nothing: a task takes any poll for the wake-up that it waits for"
    );
}

fn old_timers(apps: &Registry) {
    let scenario = "app lives-on-old-timers\nwait 10 ms\ntap A for 20 ms\nwait 200 ms\n";
    assert_eq!(
        found(apps, scenario, WakeupFault::Lost).unwrap_err(),
        "app `lives-on-old-timers` broke its contract at tick 100: with `--wake lost` it gives \
         nothing, in the usual run `out led 1`: a task relies on a wake-up that it does not wait for"
    );
    assert!(found(apps, scenario, WakeupFault::Spurious).is_err());
}

fn sound(apps: &Registry) {
    for app in ["lamp-tasks", "sound"] {
        let app = apps.find(app).unwrap();
        for seed in 0..100 {
            let script = random_script(seed);
            let trace = play::trace(app, &script, &mut go_on).unwrap();
            for fault in [WakeupFault::Spurious, WakeupFault::Lost] {
                task_wakeups::check(app, &script, &trace, fault, &mut go_on)
                    .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            }
        }
    }
    for fault in [WakeupFault::Spurious, WakeupFault::Lost] {
        for app in ["fan", "blocker", "parrot"] {
            let scenario = format!("app {app}\nwait 5 min\n");
            assert_eq!(found(apps, &scenario, fault), Ok(()), "{fault:?}");
        }
    }
}
