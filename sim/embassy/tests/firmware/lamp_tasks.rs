//! A firmware of two tasks with a channel between them, as it would stand in a crate of its own: it
//! knows `embassy` and `embedded-hal`, and nothing of what plays it.

use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use embassy_time::{Duration, Ticker, Timer, with_timeout};
use embedded_hal::digital::{InputPin, StatefulOutputPin};
use embedded_hal_async::digital::Wait;

#[derive(Clone, Copy)]
pub(crate) enum Press {
    Short,
    Long,
}

pub(crate) type Presses = Channel<CriticalSectionRawMutex, Press, 4>;

/// Tells short presses from long ones.
pub(crate) async fn read_button<B: Wait + InputPin>(
    mut button: B,
    presses: &'static Presses,
    mut say: impl FnMut(Press),
) {
    loop {
        button.wait_for_high().await.ok();
        Timer::after_millis(20).await;
        if button.is_low().unwrap_or(true) {
            continue;
        }
        let released = with_timeout(Duration::from_millis(780), button.wait_for_low()).await;
        let press = match released {
            Ok(_) => Press::Short,
            Err(_) => Press::Long,
        };
        say(press);
        presses.send(press).await;
        button.wait_for_low().await.ok();
    }
}

/// Switches the lamp with short presses, and blinks three times after a long one.
pub(crate) async fn light(
    mut lamp: impl StatefulOutputPin,
    mut heartbeat: impl StatefulOutputPin,
    presses: &'static Presses,
) {
    let mut beat = Ticker::every(Duration::from_millis(500));
    loop {
        match select(presses.receive(), beat.next()).await {
            Either::First(Press::Short) => {
                lamp.toggle().ok();
            }
            Either::First(Press::Long) => {
                for _ in 0..3 {
                    lamp.set_high().ok();
                    Timer::after_millis(100).await;
                    lamp.set_low().ok();
                    Timer::after_millis(100).await;
                }
            }
            Either::Second(()) => {
                heartbeat.toggle().ok();
            }
        }
    }
}
