//! `add board`: boards of the chips that it knows, and what it says of others.

use std::fs;

use lockstep_images::board::Board;
use lockstep_images::contract::linker_script;
use lockstep_pins::PinMap;

use super::support::{Project, fill_in_for_an_nrf51822, repository};

/// A project with a core.
fn doorbell() -> Project {
    let project = Project::library("doorbell");
    let core = repository().join("fixtures/strangers/doorbell.rs");
    project.write("src/lib.rs", &fs::read_to_string(core).unwrap());
    project.lock("");
    project.lockstep(&["init", "--yes", "--no-build"]).holds();
    project
}

#[test]
fn a_board_is_what_the_shipped_one_with_its_chip_is() {
    let project = doorbell();
    for name in ["microbit-v1", "microbit-v2", "nucleo-f411re", "pico"] {
        project
            .lockstep(&["add", "board", name, "--yes", "--no-build"])
            .holds();
        let folder = project.folder().join("boards").join(name);
        let shipped = repository().join("firmware-core/boards").join(name);
        let (board, of_shipped) = (
            Board::read(&folder).unwrap(),
            Board::read(&shipped).unwrap(),
        );
        assert_eq!(
            (
                &board.chip,
                &board.target,
                board.flash,
                board.ram,
                board.boot2,
                &board.machine
            ),
            (
                &of_shipped.chip,
                &of_shipped.target,
                of_shipped.flash,
                of_shipped.ram,
                of_shipped.boot2,
                &of_shipped.machine
            )
        );
        let script = project.read(&format!("boards/{name}/{}", linker_script::LINKER_SCRIPT));
        assert_eq!(linker_script::check(&script, &board), [], "{name}");
        let (pins, of_shipped) = (
            PinMap::read(&folder).unwrap(),
            PinMap::read(&shipped).unwrap(),
        );
        assert_eq!(pins.ports, of_shipped.ports, "{name}");
        assert_eq!(pins.level_registers, of_shipped.level_registers, "{name}");
        assert_eq!(pins.drive_registers, of_shipped.drive_registers, "{name}");
        let doorbell = &pins.apps["doorbell"];
        assert!(doorbell.buttons.contains_key("bell") && doorbell.outputs.contains_key("chime"));
    }
    // The boards are not among what is built for the host.
    project
        .cargo(&["metadata", "--no-deps", "--format-version", "1"])
        .holds();
}

#[test]
fn a_board_of_a_chip_without_a_shipped_one_is_whole() {
    let project = doorbell();
    for name in [
        "nrf52-dk",
        "nrf52840-dk",
        "nucleo-f401re",
        "nucleo-f446re",
        "pico2",
    ] {
        project
            .lockstep(&["add", "board", name, "--yes", "--no-build"])
            .holds();
        let folder = project.folder().join("boards").join(name);
        let board = Board::read(&folder).unwrap();
        let script = project.read(&format!("boards/{name}/{}", linker_script::LINKER_SCRIPT));
        assert_eq!(linker_script::check(&script, &board), [], "{name}");
        let pins = PinMap::read(&folder).unwrap();
        assert!(pins.apps.contains_key("doorbell"), "{name}");
        // An output would light them while it is off.
        let says = project.read(&format!("boards/{name}/pins.toml"));
        let is_lit_by_low = says.contains("# A low level lights the LEDs");
        assert_eq!(is_lit_by_low, name.starts_with("nrf"), "{name}");
    }
}

#[test]
fn a_board_of_a_known_chip_is_built_and_held_to_the_contract() {
    let project = doorbell();
    project.lock_as("firmware-core/boards", "boards/");
    let arguments = ["add", "board", "porch", "--chip", "nrf51822_xxaa", "--yes"];
    let printed = project.lockstep(&arguments).holds();
    printed.says("image     porch-doorbell, debug: ");
    printed.says("image     porch-doorbell, release: ");
    printed.says("contract  every rule holds");
    let files = project.files();
    let again = project.lockstep(&[
        "add",
        "board",
        "porch",
        "--chip",
        "nRF51822_xxAA",
        "--yes",
        "--no-build",
    ]);
    again.holds().says("nothing to change: everything is there");
    assert_eq!(project.files(), files);
    // A pin that the chip does not have is found when it is built, and named in its line.
    project.replace("boards/porch/pins.toml", "P0.17", "P0.31");
    let printed = project.lockstep(&arguments);
    assert_eq!(printed.code, 1);
    printed.says("button bell of doorbell is at P0.31, which the chip does not have");
}

/// The other families.
#[test]
fn a_board_of_every_family_is_built_and_held_to_the_contract() {
    let project = doorbell();
    project.lock_as("firmware-core/boards", "boards/");
    for name in ["pico", "nucleo-f411re", "microbit-v2"] {
        let printed = project.lockstep(&["add", "board", name, "--yes"]).holds();
        for profile in ["debug", "release"] {
            printed.says(&format!("image     {name}-doorbell, {profile}: "));
        }
        printed.says("contract  every rule holds");
    }
}

#[test]
fn a_board_with_blanks_says_what_is_left_and_is_held_when_nothing_is() {
    let project = doorbell();
    project.lock_as("firmware-core/boards", "boards/");
    let add = ["add", "board", "mycard", "--blank", "--yes"];
    let printed = project.lockstep(&add).holds();
    printed.says("20 lines of the board in `");
    printed.says("board.toml:3   chip = \"FILL_IN\" # 2. what probe-rs calls the chip");
    printed.says("memory.x:5 ");
    printed.says("pins.toml:11   bell = \"FILL_IN\" # 10. the pin of this button");
    printed.says("src/lib.rs:20  const CORE_HZ: u32 = FILL_IN; // 7. the Hz");
    printed.says("then `cargo lockstep add board mycard` builds the images");
    let bench = project.lockstep(&["add", "bench", "virtual", "--board", "mycard"]);
    assert_eq!(bench.code, 2);
    bench.says("20 lines of the board in `");
    // What was built before can be built as before.
    let locked = project.read("boards/Cargo.lock");
    assert!(locked.contains("name = \"mycard\""), "{locked}");
    // Until then there is no image, whoever builds.
    let again = project.lockstep(&["add", "board", "mycard"]);
    assert_eq!(again.code, 2);
    again.says("20 lines of the board in `");
    let plain = project.shell("cd boards && cargo check --locked --quiet --package mycard");
    assert_ne!(plain.code, 0);
    plain.says("error: mycard@0.1.0:   src/lib.rs:20  const CORE_HZ: u32 = FILL_IN; // 7. the Hz");
    fill_in_for_an_nrf51822(&project, "mycard");
    let printed = project.lockstep(&["add", "board", "mycard"]).holds();
    printed.says("image     mycard-doorbell, release: ");
    printed.says("contract  every rule holds");
}

#[test]
fn what_is_known_of_a_chip_is_no_blank_and_the_page_shows_those_that_are_left() {
    let project = doorbell();
    let page = fs::read_to_string(repository().join("docs/new-board.md")).unwrap();
    let shown = page.split("$ cargo lockstep add board mycard").nth(1);
    let (arguments, shown) = shown.unwrap().split_once('\n').unwrap();
    let shown = shown.split("```").next().unwrap();
    let arguments: Vec<_> = ["add", "board", "mycard"]
        .into_iter()
        .chain(arguments.split_whitespace())
        .collect();
    let printed = project.lockstep(&arguments).holds().err;
    let printed = printed.replace(project.folder().to_str().unwrap(), "/home/me/doorbell");
    let printed = printed.replace(repository().to_str().unwrap(), "/home/me/lockstep");
    assert_eq!(printed, shown);
    for name in ["pins.toml", "src/lib.rs"] {
        fs::remove_file(project.folder().join("boards/mycard").join(name)).unwrap();
    }
    let board = Board::read(&project.folder().join("boards/mycard")).unwrap();
    assert_eq!((board.flash.bytes, board.ram.bytes), (1 << 20, 96 << 10));
    let script = project.read("boards/mycard/memory.x");
    assert_eq!(linker_script::check(&script, &board), []);
}

#[test]
fn what_is_no_board_is_said_with_what_there_is() {
    let project = doorbell();
    let files = project.files();
    let refused = [
        (
            &["add", "board", "porch"][..],
            "the chip of `porch` is not known",
        ),
        (
            &["add", "board", "porch", "--chip", "Z80"],
            "`cargo lockstep add board porch --blank --chip Z80` writes a board with blanks",
        ),
        (
            &[
                "add",
                "board",
                "porch",
                "--blank",
                "--target",
                "z80-none-elf",
            ],
            "`z80-none-elf` is not a target of a Cortex-M",
        ),
        (
            &["add", "board", "porch", "--blank", "--flash", "1M"],
            "expected START+LENGTH, such as `0x08000000+512K`",
        ),
        (
            &["add", "board", "porch", "--chip", "RP2040", "--ram", "0+1M"],
            "--blank",
        ),
        (
            &["add", "board", "Porch"],
            "`Porch` is not a valid name for a board",
        ),
        (
            &["add", "board", "pico"],
            "writing these files needs confirmation, and standard input is not a terminal",
        ),
    ];
    for (arguments, message) in refused {
        let printed = project.lockstep(arguments);
        assert_eq!(printed.code, 2, "{arguments:?}");
        printed.says(message);
    }
    let shown = project
        .lockstep(&["add", "board", "pico", "--dry-run"])
        .holds();
    shown.says("+++ b/boards/pico/memory.x");
    assert_eq!(project.files(), files);
    project.write("src/lib.rs", "#![no_std]\n");
    let printed = project.lockstep(&["add", "board", "pico", "--yes"]);
    assert_eq!(printed.code, 2);
    printed.says("no public type of `doorbell` implements");
}
