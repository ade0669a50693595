//! Rows of a matrix as registers.

use std::io::{self, Write};

use ::vcd::{IdCode, VarType, Writer};
use lockstep_core::matrix::Matrix;

/// A row.
pub(super) struct RowWire {
    id: IdCode,
    bits: usize,
    shown: Option<Vec<bool>>,
}

/// Declares the rows of a matrix, in a module of their own.
pub(super) fn declare(
    writer: &mut Writer<&mut dyn Write>,
    matrix: &Matrix,
) -> io::Result<Vec<RowWire>> {
    let bits = u32::from(matrix.columns()) * u32::from(matrix.bits());
    writer.add_module(matrix.name())?;
    let rows = (0..matrix.rows()).map(|row| {
        let id = writer.add_var(VarType::Reg, bits, &format!("row{row}"), None)?;
        Ok(RowWire {
            id,
            bits: usize::try_from(bits).unwrap_or(0),
            shown: None,
        })
    });
    let rows = rows.collect::<io::Result<_>>()?;
    writer.upscope()?;
    Ok(rows)
}

impl RowWire {
    /// Writes a packed row, of which missing bytes are dark, if it is another one than before.
    pub(super) fn show(
        &mut self,
        writer: &mut Writer<&mut dyn Write>,
        packed: &[u8],
    ) -> io::Result<()> {
        let bit = |place: usize| {
            let byte = packed.get(place / 8).copied().unwrap_or(0);
            byte >> (7 - place % 8) & 1 == 1
        };
        let bits: Vec<_> = (0..self.bits).map(bit).collect();
        if self.shown.as_ref() == Some(&bits) {
            return Ok(());
        }
        let values = bits.iter().map(|bit| ::vcd::Value::from(*bit));
        writer.change_vector(self.id, values)?;
        self.shown = Some(bits);
        Ok(())
    }
}
