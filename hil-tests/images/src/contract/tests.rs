//! Each rule, broken in an image that keeps all of them.

use super::*;
use crate::board::{Budget, Region};
use crate::elf::{BUILD_ID_SECTION, BuildId, Section, Symbol};

/// The initial stack pointer, which is the start of everything else in RAM.
const STACK: u32 = 0x2000_3b00;

pub(super) fn board() -> Board {
    Board {
        name: "tiny".to_owned(),
        chip: "nRF51822_xxAA".to_owned(),
        chip_id: None,
        machine: None,
        target: "thumbv6m-none-eabi".to_owned(),
        flash: Region {
            origin: 0,
            bytes: 0x4_0000,
        },
        ram: Region {
            origin: 0x2000_0000,
            bytes: 0x4000,
        },
        boot2: false,
        image_definition: false,
        budget: Budget {
            flash: 0x1000,
            ram: 0x500,
        },
        tolerance: 0,
        folder: "tiny".into(),
    }
}

fn section(name: &str, address: u32, load: Option<u32>, bytes: u32) -> Section {
    let content = match load {
        Some(_) => vec![0; bytes.try_into().unwrap()],
        None => Vec::new(),
    };
    Section {
        name: name.to_owned(),
        address,
        bytes,
        load_address: load,
        content,
    }
}

fn symbol(name: &str, address: u32, bytes: u32) -> Symbol {
    Symbol {
        name: name.to_owned(),
        address,
        bytes,
        sized: bytes > 0,
    }
}

/// The vector of SysTick.
const SYSTICK: usize = 15;

/// The handler of vectors that an image does not set.
const DEFAULT: u32 = 0x203;

/// Where the image begins.
const RESET: u32 = 0xe1;

/// An image that keeps every rule.
fn good() -> Elf {
    let mut table = section(".vector_table", 0, Some(0), 0xc0);
    let mut entries = [0_u32; 48];
    entries[0] = STACK;
    entries[1] = RESET;
    for exception in [2, 3, 11, 14, 24] {
        entries[exception] = 0xc1;
    }
    entries[SYSTICK] = DEFAULT;
    table.content = entries
        .iter()
        .flat_map(|entry| entry.to_le_bytes())
        .collect();
    Elf {
        entry: RESET,
        sections: vec![
            table,
            section(".text", 0xc0, Some(0xc0), 0x400),
            section(".rodata", 0x4c0, Some(0x4c0), 0x40),
            section(BUILD_ID_SECTION, 0x510, Some(0x510), 36),
            section(".data", STACK, Some(0x500), 0x10),
            section(".bss", STACK + 0x10, None, 0x300),
            section(".retained", 0x2000_3f00, None, 0x100),
        ],
        symbols: vec![
            symbol("rust_begin_unwind", 0x101, 20),
            symbol("_stack_end", 0x2000_0000, 0),
            symbol("_SEGGER_RTT", STACK + 0x10, 0x40),
            symbol("DefaultHandler_", DEFAULT, 2),
        ],
        debug_names: Vec::new(),
        build_id: Some(BuildId(vec![7; 20])),
    }
}

fn change(elf: &mut Elf, name: &str, change: impl FnOnce(&mut Section)) {
    let found = elf.sections.iter_mut().find(|section| section.name == name);
    change(found.unwrap());
}

fn set_vector(elf: &mut Elf, at: usize, vector: u32) {
    change(elf, ".vector_table", |table| {
        table.content[at * 4..][..4].copy_from_slice(&vector.to_le_bytes());
    });
}

/// The rules that the image breaks when it is changed like this.
fn broken_by(change: impl FnOnce(&mut Elf)) -> Vec<Rule> {
    let mut elf = good();
    change(&mut elf);
    let violations = check(&elf, &board(), Profile::Release);
    let mut rules: Vec<_> = violations.iter().map(|violation| violation.rule).collect();
    rules.sort();
    rules.dedup();
    rules
}

#[test]
fn an_image_that_keeps_every_rule_has_no_violation() {
    assert_eq!(check(&good(), &board(), Profile::Release), []);
}

#[test]
fn the_vector_table_is_the_first_thing_in_flash() {
    let moved = |elf: &mut Elf| {
        change(elf, ".vector_table", |table| {
            table.address = 0x1000;
            table.load_address = Some(0x1000);
        });
    };
    assert_eq!(broken_by(moved), [Rule::VectorTable]);
    let gone = |elf: &mut Elf| drop(elf.sections.remove(0));
    assert_eq!(broken_by(gone), [Rule::VectorTable]);
    let short = |elf: &mut Elf| change(elf, ".vector_table", |table| table.content.truncate(60));
    assert_eq!(broken_by(short), [Rule::VectorTable]);
}

#[test]
fn the_stack_is_right_below_everything_else() {
    for start in [STACK + 4, STACK - 4] {
        assert_eq!(broken_by(|elf| set_vector(elf, 0, start)), [Rule::StackTop]);
    }
    for start in [STACK + 8, STACK - 8, 0x2000_4000, 0] {
        assert_eq!(broken_by(|elf| set_vector(elf, 0, start)), [Rule::StackTop]);
    }
}

#[test]
fn the_stack_ends_where_ram_begins() {
    assert_eq!(
        broken_by(|elf| elf.symbols[1].address += 0x100),
        [Rule::StackEnd]
    );
    assert_eq!(
        broken_by(|elf| drop(elf.symbols.remove(1))),
        [Rule::StackEnd]
    );
}

#[test]
fn vectors_are_set_and_odd_and_point_into_code() {
    for at in [1, 2, 3, 11, 14, 15] {
        for vector in [0, 0xc0, 0x4c1, 0x2000_0001] {
            assert_eq!(
                broken_by(|elf| set_vector(elf, at, vector)),
                [Rule::Vectors]
            );
        }
    }
    // An unused interrupt has no vector.
    assert_eq!(broken_by(|elf| set_vector(elf, 25, 0)), []);
    assert_eq!(broken_by(|elf| set_vector(elf, 24, 0xc0)), [Rule::Vectors]);
    assert_eq!(broken_by(|elf| elf.entry = 0), [Rule::Vectors]);
}

#[test]
fn faults_and_the_tick_have_handlers_of_their_own() {
    for default in ["DefaultHandler", "DefaultHandler_", "HardFault_"] {
        for at in [3, 24] {
            let by_default = |elf: &mut Elf| {
                elf.symbols.push(symbol(default, DEFAULT, 2));
                set_vector(elf, at, DEFAULT);
            };
            assert_eq!(broken_by(by_default), [Rule::Vectors], "{default} {at}");
        }
    }
    for none in [0, RESET] {
        let no_tick = |elf: &mut Elf| set_vector(elf, 24, none);
        assert_eq!(broken_by(no_tick), [Rule::Vectors]);
    }
    let by_systick = |elf: &mut Elf| {
        set_vector(elf, 24, 0);
        set_vector(elf, SYSTICK, 0xc1);
    };
    assert_eq!(broken_by(by_systick), []);
}

/// The rules that an image breaks whose flash begins with such a bootloader, its vector table at this
/// address.
fn broken_with_boot2(boot2: Option<Section>, table: u32) -> Vec<Rule> {
    let board = Board {
        boot2: true,
        ..board()
    };
    let mut elf = good();
    change(&mut elf, ".vector_table", |section| {
        section.address = table;
        section.load_address = Some(table);
        section.content.truncate(0xc0);
    });
    for section in elf.sections.iter_mut().skip(1) {
        if let Some(load) = &mut section.load_address {
            *load += 0x800;
        }
        if section.address < 0x1000_0000 {
            section.address += 0x800;
        }
    }
    let moved = |vector: u32| if vector == 0 { 0 } else { vector + 0x800 };
    for at in [1, 2, 3, 11, 14, SYSTICK, 24] {
        let vector = match at {
            1 => RESET,
            SYSTICK => DEFAULT,
            _ => 0xc1,
        };
        set_vector(&mut elf, at, moved(vector));
    }
    elf.entry = moved(elf.entry);
    change_symbols(&mut elf, 0x800);
    elf.sections.extend(boot2);
    let violations = check(&elf, &board, Profile::Release);
    violations.iter().map(|violation| violation.rule).collect()
}

fn change_symbols(elf: &mut Elf, by: u32) {
    for symbol in &mut elf.symbols {
        if symbol.address < 0x1000_0000 {
            symbol.address += by;
        }
    }
}

#[test]
fn an_image_definition_is_where_the_rom_looks_for_it() {
    let board = Board {
        image_definition: true,
        ..board()
    };
    let broken = |words: &[u32], address: u32| -> Vec<Rule> {
        let mut elf = good();
        let mut block = section(".start_block", address, Some(address), 20);
        block.content = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        elf.sections.push(block);
        let violations = check(&elf, &board, Profile::Debug);
        violations.iter().map(|violation| violation.rule).collect()
    };
    let right = [0xffff_ded3, 0x1021_0142, 0x1ff, 0, 0xab12_3579];
    assert_eq!(broken(&right, 0x600), []);
    // The ROM looks at 4 KiB, and at whole words.
    for (words, address) in [
        (&right[..], 0x1000),
        (&right, 0xff0),
        (&right, 0x602),
        (&right[1..], 0x600),
    ] {
        assert_eq!(
            broken(words, address),
            [Rule::ImageDefinition],
            "{address:#x}"
        );
    }
}

#[test]
fn a_bootloader_is_at_the_start_of_flash_with_its_checksum() {
    let boot2 = |checksum: u32, bytes| {
        let mut section = section(".boot2", 0, Some(0), bytes);
        section.content[bytes as usize - 4..].copy_from_slice(&checksum.to_le_bytes());
        Some(section)
    };
    // The CRC of 252 zeroes.
    let right = 0x7065_399a_u32;
    assert_eq!(broken_with_boot2(boot2(right, 256), 256), []);
    assert_eq!(broken_with_boot2(boot2(right ^ 1, 256), 256), [Rule::Boot2]);
    assert_eq!(broken_with_boot2(boot2(right, 128), 256), [Rule::Boot2]);
    assert_eq!(broken_with_boot2(None, 256), [Rule::Boot2]);
    assert_eq!(
        broken_with_boot2(boot2(right, 256), 512),
        [Rule::VectorTable]
    );
}

#[test]
fn a_cortex_m4_has_more_faults() {
    let board = Board {
        target: "thumbv7em-none-eabihf".to_owned(),
        ..board()
    };
    let violations = check(&good(), &board, Profile::Release);
    assert_eq!(violations.len(), 3, "{violations:?}");
    assert!(
        violations
            .iter()
            .all(|violation| violation.rule == Rule::Vectors)
    );
}

#[test]
fn data_is_loaded_from_flash() {
    let from_nowhere = |elf: &mut Elf| change(elf, ".data", |data| data.load_address = None);
    assert_eq!(broken_by(from_nowhere), [Rule::Data]);
    let from_ram =
        |elf: &mut Elf| change(elf, ".data", |data| data.load_address = Some(data.address));
    assert_eq!(broken_by(from_ram), [Rule::Data, Rule::ChipMemory]);
}

#[test]
fn bss_is_not_loaded() {
    let loaded = |elf: &mut Elf| change(elf, ".bss", |bss| bss.load_address = Some(0x600));
    assert_eq!(broken_by(loaded), [Rule::Bss]);
}

#[test]
fn retained_memory_comes_after_all_that_is_initialised() {
    let among = |elf: &mut Elf| {
        change(elf, ".retained", |retained| retained.address = STACK + 0x20);
    };
    assert_eq!(broken_by(among), [Rule::Retained, Rule::Overlap]);
    let loaded = |elf: &mut Elf| change(elf, ".retained", |found| found.load_address = Some(0x600));
    assert_eq!(broken_by(loaded), [Rule::Retained]);
    assert_eq!(broken_by(|elf| drop(elf.sections.pop())), [Rule::Retained]);
}

#[test]
fn the_rtt_block_is_in_ram() {
    assert_eq!(broken_by(|elf| drop(elf.symbols.remove(2))), [Rule::Rtt]);
    assert_eq!(broken_by(|elf| elf.symbols[2].address = 0x500), [Rule::Rtt]);
}

#[test]
fn code_of_std_is_found() {
    for name in [
        "_ZN3std2io5stdio6_print17h0123456789abcdefE",
        "_RNvNtCs1234_3std2io5print",
        "_ZN58_$LT$std..io..error..Error$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
    ] {
        assert_eq!(
            broken_by(|elf| elf.symbols.push(symbol(name, 0x201, 2))),
            [Rule::NoStd]
        );
        assert_eq!(
            broken_by(|elf| elf.debug_names.push(name.to_owned())),
            [Rule::NoStd]
        );
    }
    let own = "_ZN4lamp3std4tick17h0123456789abcdefE";
    assert_eq!(broken_by(|elf| elf.symbols.push(symbol(own, 0x201, 2))), []);
}

#[test]
fn there_is_one_panic_handler() {
    let mangled = "_RNvCsfLfy6EI15iL_7___rustc17rust_begin_unwind";
    let panic = "_ZN4core9panicking5panic17h0123456789abcdefE";
    let two = |elf: &mut Elf| elf.symbols.push(symbol(mangled, 0x301, 2));
    assert_eq!(broken_by(two), [Rule::PanicHandler]);
    let none = |elf: &mut Elf| elf.symbols[0] = symbol(panic, 0x101, 20);
    assert_eq!(broken_by(none), [Rule::PanicHandler]);
    let inlined = |elf: &mut Elf| {
        none(elf);
        elf.debug_names.push(mangled.to_owned());
    };
    assert_eq!(broken_by(inlined), []);
    let never_panics = |elf: &mut Elf| drop(elf.symbols.remove(0));
    assert_eq!(broken_by(never_panics), []);
}

#[test]
fn sections_are_in_memory_that_the_chip_has() {
    let behind_ram = |elf: &mut Elf| {
        change(elf, ".retained", |retained| retained.address = 0x2000_3f01);
    };
    assert_eq!(broken_by(behind_ram), [Rule::ChipMemory]);
    let behind_flash = |elf: &mut Elf| {
        change(elf, ".rodata", |rodata| {
            rodata.address = 0x3_ffff;
            rodata.load_address = Some(0x3_ffff);
        });
    };
    assert_eq!(broken_by(behind_flash), [Rule::ChipMemory]);
}

#[test]
fn sections_that_overlap_are_found() {
    let over_text = |elf: &mut Elf| change(elf, ".data", |data| data.load_address = Some(0xc0));
    assert_eq!(broken_by(over_text), [Rule::Overlap]);
}

#[test]
fn the_build_id_is_a_sha_1_in_flash() {
    assert_eq!(broken_by(|elf| elf.build_id = None), [Rule::BuildId]);
    let not_loaded = |elf: &mut Elf| change(elf, BUILD_ID_SECTION, |note| note.load_address = None);
    assert_eq!(broken_by(not_loaded), [Rule::BuildId]);
    let short = |elf: &mut Elf| elf.build_id = Some(BuildId(vec![7; 16]));
    assert_eq!(broken_by(short), [Rule::BuildId]);
    let elsewhere = |elf: &mut Elf| elf.symbols.push(symbol("__build_note", 0x4c0, 36));
    assert_eq!(broken_by(elsewhere), [Rule::BuildId]);
}

#[test]
fn a_release_image_stays_within_its_budget() {
    let large = |elf: &mut Elf| {
        elf.sections
            .push(section(".more", 0x1000, Some(0x1000), 0xb00));
    };
    assert_eq!(broken_by(large), [Rule::Budget]);
    let mut elf = good();
    large(&mut elf);
    assert_eq!(check(&elf, &board(), Profile::Debug), []);
}
