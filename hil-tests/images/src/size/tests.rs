//! What is measured, kept and told.

use super::baseline::{Baseline, Growth, Kept, growths, render};
use super::*;
use crate::images::board::{Budget, Region};
use crate::images::elf::Symbol;

fn board(flash: u32) -> Board {
    Board {
        name: "tiny".to_owned(),
        chip: "chip".to_owned(),
        chip_id: None,
        target: "thumbv6m-none-eabi".to_owned(),
        flash: Region {
            origin: 0,
            bytes: 0x1000,
        },
        ram: Region {
            origin: 0x2000_0000,
            bytes: 0x1000,
        },
        budget: Budget { flash, ram: 100 },
        folder: "tiny".into(),
    }
}

fn section(name: &str, address: u32, load: Option<u32>, bytes: u32) -> Section {
    Section {
        name: name.to_owned(),
        address,
        bytes,
        load,
        content: Vec::new(),
    }
}

fn symbol(name: &str, address: u32, bytes: u32) -> Symbol {
    Symbol {
        name: name.to_owned(),
        address,
        bytes,
        sized: true,
    }
}

fn measured() -> Measured {
    let elf = Elf {
        entry: 1,
        sections: vec![
            section(".text", 0, Some(0), 60),
            section(".data", 0x2000_0800, Some(60), 8),
            section(".bss", 0x2000_0808, None, 32),
        ],
        symbols: vec![
            symbol("_ZN4lamp4tick17h0123456789abcdefE", 1, 40),
            symbol("alias", 1, 40),
            symbol("_ZN4lamp4tick17hfedcba9876543210E", 41, 20),
            symbol("STATE", 0x2000_0808, 32),
        ],
        debug_names: Vec::new(),
        identity: None,
    };
    Measured::of("lamp", &elf, &board(100))
}

#[test]
fn data_takes_flash_and_ram_and_aliases_take_nothing() {
    let measured = measured();
    assert_eq!(measured.usage, Usage { flash: 68, ram: 40 });
    let symbols: Vec<_> = measured.symbols.into_iter().collect();
    assert_eq!(
        symbols,
        [("STATE".to_owned(), 32), ("lamp::tick".to_owned(), 60)]
    );
}

#[test]
fn the_budget_itself_is_within_the_budget() {
    assert!(!measured().exceeds(&board(68)));
    assert!(measured().exceeds(&board(67)));
}

#[test]
fn what_is_kept_is_read_back() {
    let text = render(&[measured()]).unwrap();
    let baseline: Baseline = toml::from_str(&text).unwrap();
    assert_eq!(baseline["lamp"], Kept::from(&measured()));
}

#[test]
fn what_grew_is_told_the_most_first() {
    let mut kept = Kept::from(&measured());
    kept.symbols.remove("STATE");
    kept.symbols.insert("lamp::tick".to_owned(), 50);
    kept.symbols.insert("gone".to_owned(), 90);
    let growths = growths(&kept, &measured());
    let growth = |name: &str, before, now| Growth {
        name: name.to_owned(),
        before,
        now,
    };
    assert_eq!(
        growths,
        [growth("STATE", 0, 32), growth("lamp::tick", 50, 60)]
    );
    insta::assert_snapshot!(table::growths(&growths), @r"
    what grew since the baseline:
       +32 B  STATE (0 to 32)
       +10 B  lamp::tick (50 to 60)
    ");
}

#[test]
fn the_table_has_the_headroom_and_the_change() {
    let mut kept = Kept::from(&measured());
    kept.flash += 4;
    insta::assert_snapshot!(table::image(&measured(), &board(60), Some(&kept)), @r"
    lamp, release
      section               address        flash       RAM
      .text                 0x00000000        60         -
      .data                 0x20000800         8         8
      .bss                  0x20000808         -        32
      taken                                   68        40
      budget                                  60       100
      headroom                                -8        60
      since the baseline                      -4         0
    ");
}
