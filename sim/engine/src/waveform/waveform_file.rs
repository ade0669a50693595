//! A file with the levels of signals over time.

use lockstep_core::app::AppDescriptor;
use lockstep_core::time::Instant;

use super::candidates::EdgeCounter;
use super::capture::WaveformCapture;
use super::change::{ChangeSink, Reading};
use super::clock::{TickClock, Timescale};
use super::csv::{self, Table};
use super::error::{WaveformError, WaveformErrorKind, span_at};
use super::fst::{self, Hierarchy};
use super::map::WaveformOptions;
use super::port::{Binding, Port};
use super::resolve::Resolver;
use super::sampler::Sampler;
use super::signals::Signals;
use super::vcd::{self, Fault, header::Header};
use crate::diagnostic::{BYTE_ORDER_MARK, Span};
use crate::panic_guard::PanicGuard;

/// A waveform whose declarations have been read.
#[derive(Clone, Debug)]
pub struct Waveform<'a> {
    bytes: &'a [u8],
    content: Content<'a>,
}

#[derive(Clone, Debug)]
enum Content<'a> {
    Vcd(Box<Header<'a>>),
    Fst(Box<Hierarchy>),
    Table(Box<Table>),
}

/// The formats of waveforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaveformFormat {
    /// A value change dump.
    Vcd,
    /// The compressed form of GTKWave.
    Fst,
    /// A table of samples as comma-separated values.
    Csv,
}

impl WaveformFormat {
    /// The format of a waveform by the extension of its file.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "vcd" | "evcd" => Some(Self::Vcd),
            "fst" => Some(Self::Fst),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The format of a waveform by how it begins.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        if fst::is_fst(bytes) {
            return Some(Self::Fst);
        }
        let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        text.trim_ascii_start()
            .starts_with(b"$")
            .then_some(Self::Vcd)
    }
}

impl<'a> Waveform<'a> {
    /// Reads what a waveform declares. The guard is for a decoder that panics on some damaged
    /// files.
    ///
    /// # Errors
    ///
    /// A [`WaveformError`] if the file is not in that format, is incomplete, exceeds a limit,
    /// or was written by a newer version of this program.
    pub fn parse(
        bytes: &'a [u8],
        format: WaveformFormat,
        guard: PanicGuard,
    ) -> Result<Self, WaveformError> {
        let content = match format {
            WaveformFormat::Vcd => vcd::header::parse(bytes)
                .map(|header| Content::Vcd(Box::new(header)))
                .map_err(|fault| placed(bytes, fault))?,
            WaveformFormat::Fst => fst::parse(bytes, guard)
                .map(|hierarchy| Content::Fst(Box::new(hierarchy)))
                .map_err(unplaced)?,
            WaveformFormat::Csv => csv::parse(bytes)
                .map(|table| Content::Table(Box::new(table)))
                .map_err(|fault| placed(bytes, fault))?,
        };
        Ok(Self { bytes, content })
    }

    /// The name of the app whose trace this is, if the file names it.
    #[must_use]
    pub fn app(&self) -> Option<&str> {
        match &self.content {
            Content::Vcd(header) => header.app.as_ref().map(|(_, name)| name.as_str()),
            Content::Fst(hierarchy) => hierarchy.app.as_deref(),
            Content::Table(_) => None,
        }
    }

    /// Where the file names its app; its first character if it does not.
    #[must_use]
    pub fn app_span(&self) -> Span {
        match &self.content {
            Content::Vcd(header) => {
                let offset = header.app.as_ref().map_or(0, |(offset, _)| *offset);
                span_at(self.bytes, offset)
            }
            Content::Fst(_) | Content::Table(_) => Span::START,
        }
    }

    /// Reads the inputs for an app with this descriptor, which need not be [`Waveform::app`],
    /// and the outputs that were captured.
    ///
    /// # Errors
    ///
    /// A [`WaveformError`] if no signal is an input of the app, if it is not clear which are,
    /// or if what they do cannot be played.
    pub fn read_inputs(
        &self,
        descriptor: &'static AppDescriptor,
        options: &WaveformOptions,
    ) -> Result<WaveformCapture, WaveformError> {
        let bindings = self.bindings(descriptor, options)?;
        let is_input = |binding: &Binding| binding.port.is_input();
        if !bindings.iter().any(is_input) {
            return Err(self.no_inputs(descriptor)?);
        }
        self.sample(descriptor, options, &bindings)
    }

    /// Reads the outputs that were captured, and the inputs if there are any.
    ///
    /// # Errors
    ///
    /// As [`Waveform::read_inputs`], but it is enough if one signal is an output of the app.
    pub fn read_capture(
        &self,
        descriptor: &'static AppDescriptor,
        options: &WaveformOptions,
    ) -> Result<WaveformCapture, WaveformError> {
        let bindings = self.bindings(descriptor, options)?;
        if bindings.is_empty() {
            return Err(self.no_inputs(descriptor)?);
        }
        self.sample(descriptor, options, &bindings)
    }

    fn sample(
        &self,
        descriptor: &'static AppDescriptor,
        options: &WaveformOptions,
        bindings: &[Binding],
    ) -> Result<WaveformCapture, WaveformError> {
        let clock = TickClock::new(descriptor.tick(), self.timescale(), options.window);
        let mut sampler = Sampler::new(clock, descriptor, bindings)
            .map_err(|kind| self.at(self.header_end(), kind))?;
        let reading = self.read(&mut sampler)?;
        let mut capture = sampler
            .finish(self.reading_at_start())
            .map_err(|kind| self.at(self.bytes.len(), kind))?;
        capture.gaps = reading.gaps;
        capture.undeclared_changes = reading.undeclared;
        if self.app().is_some() {
            // Written here, where 1 is pressed.
            capture.pressed_at_start.clear();
        } else {
            let resolver = self.resolver(descriptor, options);
            capture.unused_mappings = resolver.unused(bindings);
            if bindings.iter().any(|binding| binding.port.is_input()) {
                for (port, name) in resolver.unmapped(bindings) {
                    match port {
                        Port::Button(_) => capture.unmapped_buttons.push(name),
                        _ => capture.unmapped_ports.push(name),
                    }
                }
            }
        }
        Ok(capture)
    }

    fn bindings(
        &self,
        descriptor: &'static AppDescriptor,
        options: &WaveformOptions,
    ) -> Result<Vec<Binding>, WaveformError> {
        self.resolver(descriptor, options)
            .bindings()
            .map_err(|error| self.at(error.offset.unwrap_or(self.header_end()), error.kind))
    }

    fn resolver<'r>(
        &'r self,
        descriptor: &'static AppDescriptor,
        options: &'r WaveformOptions,
    ) -> Resolver<'r> {
        Resolver {
            signals: self.signals(),
            descriptor,
            options,
            is_own: self.app().is_some(),
        }
    }

    /// The error that lists what could be meant.
    fn no_inputs(&self, descriptor: &AppDescriptor) -> Result<WaveformError, WaveformError> {
        let mut counter = EdgeCounter::new(self.signals());
        self.read(&mut counter)?;
        let candidates = counter.candidates(self.signals(), descriptor);
        let kind = WaveformErrorKind::NoInputs(Box::new(candidates));
        Ok(self.at(self.header_end(), kind))
    }

    fn read(&self, sink: &mut impl ChangeSink) -> Result<Reading, WaveformError> {
        match &self.content {
            Content::Vcd(header) => {
                vcd::body::read(self.bytes, header, sink).map_err(|fault| placed(self.bytes, fault))
            }
            Content::Fst(hierarchy) => fst::read(self.bytes, hierarchy, sink).map_err(unplaced),
            Content::Table(table) => {
                csv::read(self.bytes, table, sink).map_err(|fault| placed(self.bytes, fault))
            }
        }
    }

    fn signals(&self) -> &Signals {
        match &self.content {
            Content::Vcd(header) => &header.signals,
            Content::Fst(hierarchy) => &hierarchy.signals,
            Content::Table(table) => &table.signals,
        }
    }

    fn timescale(&self) -> Timescale {
        match &self.content {
            Content::Vcd(header) => header.timescale,
            Content::Fst(hierarchy) => hierarchy.timescale,
            Content::Table(_) => Timescale::PICOSECOND,
        }
    }

    fn reading_at_start(&self) -> Instant {
        match &self.content {
            Content::Vcd(header) => header.clock,
            Content::Fst(hierarchy) => hierarchy.clock,
            Content::Table(_) => Instant::ZERO,
        }
    }

    /// The byte at which the declarations end.
    fn header_end(&self) -> usize {
        match &self.content {
            Content::Vcd(header) => header.end,
            Content::Fst(_) => 0,
            Content::Table(table) => table.names,
        }
    }

    fn at(&self, offset: usize, kind: WaveformErrorKind) -> WaveformError {
        match &self.content {
            Content::Vcd(_) | Content::Table(_) => placed(self.bytes, Fault { offset, kind }),
            Content::Fst(_) => unplaced(kind),
        }
    }
}

fn placed(bytes: &[u8], Fault { offset, kind }: Fault) -> WaveformError {
    WaveformError {
        span: Some(span_at(bytes, offset)),
        kind: Box::new(kind),
    }
}

/// An error in a file that has no lines.
fn unplaced(kind: WaveformErrorKind) -> WaveformError {
    WaveformError {
        span: None,
        kind: Box::new(kind),
    }
}
