//! Sizes, baselines and their tables.

use super::baseline::{Baseline, BaselineEntry, SymbolGrowth, growths, render};
use super::*;
use crate::board::{Budget, Region};
use crate::elf::Symbol;

fn board(flash: u32) -> Board {
    Board {
        name: "tiny".to_owned(),
        chip: "chip".to_owned(),
        chip_id: None,
        machine: None,
        target: "thumbv6m-none-eabi".to_owned(),
        flash: Region {
            origin: 0,
            bytes: 0x1000,
        },
        ram: Region {
            origin: 0x2000_0000,
            bytes: 0x1000,
        },
        boot2: false,
        image_definition: false,
        budget: Budget { flash, ram: 100 },
        tolerance: 0,
        folder: "tiny".into(),
    }
}

fn section(name: &str, address: u32, load: Option<u32>, bytes: u32) -> Section {
    Section {
        name: name.to_owned(),
        address,
        bytes,
        load_address: load,
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

fn image() -> ImageSize {
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
        build_id: None,
    };
    ImageSize::of("lamp", &elf, &board(100))
}

#[test]
fn data_takes_flash_and_ram_and_an_alias_takes_nothing() {
    let image = image();
    assert_eq!(image.usage, MemoryUsage { flash: 68, ram: 40 });
    let symbols: Vec<_> = image.symbols.into_iter().collect();
    assert_eq!(
        symbols,
        [("STATE".to_owned(), 32), ("lamp::tick".to_owned(), 60)]
    );
}

#[test]
fn symbols_without_a_stable_name_are_one_row_of_their_kind() {
    let log = |number: u32| {
        format!(r#"{{"package":"lamp","tag":"defmt_info","disambiguator":"{number}"}}"#)
    };
    let elf = Elf {
        entry: 1,
        sections: Vec::new(),
        symbols: vec![
            symbol(".Lanon.37e88192153e5e3d2e3eab4cb0101e14.21", 0x100, 16),
            symbol(".Lanon.88b94e7312261267de5bd5db2f6d1e4d.3", 0x110, 8),
            symbol(&log(7), 0x200, 1),
            symbol(&log(8), 0x201, 1),
        ],
        debug_names: Vec::new(),
        build_id: None,
    };
    let symbols: Vec<_> = ImageSize::of("lamp", &elf, &board(100))
        .symbols
        .into_iter()
        .collect();
    assert_eq!(
        symbols,
        [
            ("(anonymous constants)".to_owned(), 24),
            ("(defmt strings)".to_owned(), 2),
        ]
    );
}

#[test]
fn an_image_may_take_its_whole_budget() {
    assert!(!image().exceeds_budget(&board(68)));
    assert!(image().exceeds_budget(&board(67)));
}

#[test]
fn a_baseline_is_read_back_as_it_was_written() {
    let text = render(&[image()]).unwrap();
    let baseline: Baseline = toml::from_str(&text).unwrap();
    assert_eq!(baseline["lamp"], BaselineEntry::from(&image()));
}

#[test]
fn symbols_that_grew_are_listed_by_growth() {
    let mut baseline = BaselineEntry::from(&image());
    baseline.symbols.remove("STATE");
    baseline.symbols.insert("lamp::tick".to_owned(), 50);
    baseline.symbols.insert("gone".to_owned(), 90);
    let growths = growths(&baseline, &image());
    let growth = |name: &str, before, now| SymbolGrowth {
        name: name.to_owned(),
        before,
        now,
    };
    assert_eq!(
        growths,
        [growth("STATE", 0, 32), growth("lamp::tick", 50, 60)]
    );
    insta::assert_snapshot!(table::growths(&growths), @r"
    grown since the baseline:
       +32 B  STATE (0 to 32)
       +10 B  lamp::tick (50 to 60)
    ");
}

#[test]
fn the_table_has_the_headroom_and_the_change_since_the_baseline() {
    let mut baseline = BaselineEntry::from(&image());
    baseline.flash += 4;
    insta::assert_snapshot!(table::image(&image(), &board(60), Some(&baseline)), @r"
    lamp, release
      section             address     flash  RAM
      .text               0x00000000     60    -
      .data               0x20000800      8    8
      .bss                0x20000808      -   32
      taken                              68   40
      budget                             60  100
      headroom                           -8   60
      since the baseline                 -4    0
    ");
}
