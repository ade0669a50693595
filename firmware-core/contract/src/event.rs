//! What the world does to an app.

/// A button, by its place in [`AppDescriptor::buttons`](crate::app::AppDescriptor::buttons).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ButtonId(pub u8);

/// A number input, by its place in
/// [`AppDescriptor::numbers`](crate::descriptor::AppDescriptor::numbers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NumberId(pub u8);

/// A serial line, by its place in
/// [`AppDescriptor::serial_lines`](crate::descriptor::AppDescriptor::serial_lines).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SerialId(pub u8);

/// One thing that happens to an app.
///
/// A reset is the event that is not here: the world builds the app anew, and its first
/// event is [`Event::Init`] again.
///
/// There may be more of them: what an app does not know, it passes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// The board came up, or failed to: always the first event, and only the first.
    Init(BootCondition),
    /// One tick has passed.
    Tick,
    /// The contact of a button closed. Contacts bounce: this is the raw edge.
    Press(ButtonId),
    /// The contact of a button opened. Contacts bounce: this is the raw edge.
    Release(ButtonId),
    /// A number input is this from now on. Each is told once after [`Event::Init`].
    Number(NumberId, i32),
    /// A byte arrived on a serial line.
    Byte(SerialId, u8),
}

/// What a board found when it came up: all well, or what the app declares can be wrong, by
/// its place in [`AppDescriptor::boot_conditions`] counted from 1.
///
/// [`AppDescriptor::boot_conditions`]: crate::app::AppDescriptor::boot_conditions
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BootCondition(pub u8);

impl BootCondition {
    /// All is well.
    pub const OK: Self = Self(0);

    /// The name of [`BootCondition::OK`] in traces.
    pub const OK_NAME: &'static str = "ok";
}
