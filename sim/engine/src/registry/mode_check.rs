//! What can be wrong with the modes of an app.

use super::descriptor_check::check_descriptor;
use super::{AppEntry, DescriptorError};

/// The first thing that is wrong with the modes of an app, if it has any.
pub(super) fn check_modes(app: &AppEntry) -> Result<(), DescriptorError> {
    let Some(with_modes) = &app.with_modes else {
        return Ok(());
    };
    let (own, other) = (app.descriptor, with_modes.descriptor);
    if other.with_logs(own.logs()) != *own || !other.logs().starts_with(own.logs()) {
        let message =
            "its modes are those of another app: expected `app!(WithModes<...>)` of the same";
        return Err(DescriptorError::new(own, message.to_owned()));
    }
    // `sim map --show` takes names of both.
    let mut modes = other.logs().iter().skip(own.logs().len());
    let is_output = |name: &str| own.outputs().iter().any(|output| output.name() == name);
    if let Some(mode) = modes.find(|mode| is_output(mode.name())) {
        let message = format!(
            "its mode `{}` is called as an output: expected another name",
            mode.name()
        );
        return Err(DescriptorError::new(own, message));
    }
    check_descriptor(other).map_err(|error| {
        let message = format!(
            "with its modes, which are logs for questions: {}",
            error.problem
        );
        DescriptorError::new(own, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;
    use lockstep_apps::lamp::Lamp;
    use lockstep_apps::toggle;
    use lockstep_core::app::{App, AppDescriptor, LogKind, Sink};
    use lockstep_core::event::Event;
    use lockstep_core::modes::{Mode, Modes, WithModes};

    /// Those of a toggle, called otherwise than its output.
    const SAID: &[LogKind] = &[LogKind::words("said", &["off", "on"])];

    /// A toggle with a mode that is right, or wrong in one way.
    #[derive(Clone, Debug)]
    struct Moded<const WRONG: u8>(toggle::Toggle);

    impl<const WRONG: u8> App for Moded<WRONG> {
        const DESCRIPTOR: AppDescriptor = match WRONG {
            1 => toggle::Toggle::DESCRIPTOR.with_logs(SAID),
            _ => toggle::Toggle::DESCRIPTOR,
        };
        type Outputs = <toggle::Toggle as App>::Outputs;

        fn new() -> Self {
            Self(App::new())
        }

        fn handle(&mut self, event: Event, out: &mut dyn Sink) {
            App::handle(&mut self.0, event, out);
        }

        fn outputs(&self) -> Self::Outputs {
            App::outputs(&self.0)
        }
    }

    impl<const WRONG: u8> Modes for Moded<WRONG> {
        const MODES: &'static [Mode] = match WRONG {
            0 => &[Mode::new("light", &["dark", "lit"])],
            1 => &[Mode::new("said", &["dark", "lit"])],
            2 => &[Mode::new("led", &["dark", "lit"])],
            3 => &[Mode::new("light", &["dark", "dark"])],
            4 => &[Mode::new("light", &["Dark", "lit"])],
            _ => &[Mode::new("light", &["dark"]), Mode::new("light", &["lit"])],
        };

        fn variant(&self, _mode: usize) -> usize {
            0
        }
    }

    /// What is wrong with an app whose mode is wrong in this way.
    fn problem<const WRONG: u8>() -> String {
        let with_modes = AppEntry::of::<WithModes<Moded<WRONG>>>();
        let entry = AppEntry::of::<Moded<WRONG>>().with_modes(with_modes);
        Registry::new(vec![entry]).unwrap_err().problem
    }

    #[test]
    fn modes_are_of_questions_alone() {
        let with_modes = AppEntry::of::<WithModes<Moded<0>>>();
        let entry = AppEntry::of::<Moded<0>>().with_modes(with_modes);
        Registry::new(vec![entry.clone()]).unwrap();
        assert_eq!(entry.descriptor(), &toggle::Toggle::DESCRIPTOR);
        assert_ne!(entry.for_questions().descriptor(), entry.descriptor());
    }

    #[test]
    fn modes_that_cannot_be_logs_or_are_of_another_app_are_refused() {
        let of_another = AppEntry::of::<Moded<0>>().with_modes(AppEntry::of::<Lamp>());
        let of_another = Registry::new(vec![of_another]).unwrap_err().problem;
        let logs = "with its modes, which are logs for questions";
        for (problem, expected) in [
            (
                problem::<1>(),
                format!("{logs}: two logs are called `said`"),
            ),
            (
                problem::<2>(),
                "its mode `led` is called as an output: expected another name".to_owned(),
            ),
            (
                problem::<3>(),
                format!("{logs}: log `light`: two words are called `dark`"),
            ),
            (
                problem::<4>(),
                format!("{logs}: log `light`: word name `Dark` is not in lower case"),
            ),
            (
                problem::<5>(),
                format!("{logs}: two logs are called `light`"),
            ),
            (
                of_another,
                "its modes are those of another app: expected `app!(WithModes<...>)` of the same"
                    .to_owned(),
            ),
        ] {
            assert_eq!(problem, expected);
        }
    }
}
