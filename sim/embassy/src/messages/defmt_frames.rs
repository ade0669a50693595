//! Messages of the crate `defmt`: frames with the addresses of texts, which are in the file of the
//! program.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fs;

use defmt_decoder::{Frame, Table};
use object::{Object as _, ObjectSymbol as _};

use super::{Severity, say};

/// Takes frames as they are written.
#[defmt::global_logger]
struct Frames;

thread_local! {
    static FRAME: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static TEXTS: OnceCell<Result<Texts, String>> = const { OnceCell::new() };
}

#[allow(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: bytes of a frame are kept for each thread, so that no two frames can mix, and are passed on as
// they come. `defmt` calls these in the order of its contract.
unsafe impl defmt::Logger for Frames {
    fn acquire() {
        FRAME.with_borrow_mut(Vec::clear);
    }

    unsafe fn flush() {}

    unsafe fn release() {
        let frame = FRAME.take();
        TEXTS.with(|texts| match texts.get_or_init(Texts::read) {
            Ok(texts) => texts.say(&frame),
            Err(problem) => say(Severity::Error, "defmt", problem),
        });
    }

    unsafe fn write(bytes: &[u8]) {
        FRAME.with_borrow_mut(|frame| frame.extend_from_slice(bytes));
    }
}

/// Reads the texts, for this thread and all processes that are forked from it.
pub(super) fn prepare() {
    TEXTS.with(|texts| {
        texts.get_or_init(Texts::read);
    });
}

/// The texts of this program.
struct Texts {
    table: Table,
    /// The crate of each, by its address.
    crates: BTreeMap<u64, String>,
}

impl Texts {
    fn read() -> Result<Self, String> {
        const MEND: &str = "link with `-Tlockstep-defmt.x` and `-no-pie`, as docs/embassy.md says";
        let program = fs::read("/proc/self/exe")
            .map_err(|error| format!("`defmt` needs the file of this program: {error}"))?;
        let file = object::File::parse(&*program)
            .map_err(|error| format!("the file of this program cannot be read: {error}"))?;
        if file.kind() != object::ObjectKind::Executable {
            return Err(format!(
                "this program is linked to run at any address: {MEND}"
            ));
        }
        let table = Table::parse(&program).map_err(|error| format!("{error}: {MEND}"))?;
        let table = table.ok_or_else(|| format!("this program has no section `.defmt`: {MEND}"))?;
        let crates = file.symbols().filter_map(|symbol| {
            let (_, name) = symbol.name().ok()?.split_once("\"crate_name\":\"")?;
            Some((symbol.address(), name.split('"').next()?.to_owned()))
        });
        Ok(Self {
            table,
            crates: crates.collect(),
        })
    }

    fn say(&self, frame: &[u8]) {
        let Ok((frame, _)) = self.table.decode(frame) else {
            return say(Severity::Error, "defmt", "a frame that cannot be decoded");
        };
        let module = self.crates.get(&frame.index());
        let module = module.map_or("", String::as_str);
        say(
            severity_of(&frame),
            module,
            &frame.display_message().to_string(),
        );
    }
}

/// `println!` has no level: it is said because somebody wants to see it.
fn severity_of(frame: &Frame<'_>) -> Severity {
    match frame.level().map(|level| level.as_str()) {
        Some("trace") => Severity::Trace,
        Some("debug") => Severity::Debug,
        Some("warn") => Severity::Warn,
        Some("error") => Severity::Error,
        _ => Severity::Info,
    }
}
