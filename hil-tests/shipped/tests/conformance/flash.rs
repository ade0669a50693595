//! Flash: erased, written from blank and over, verified; with the vendor's own algorithm.

use libtest_mimic::Failed;
use probe_rs::MemoryInterface;
use probe_rs::flashing::{FlashProgress, erase, erase_all};

use crate::programs::{TICKER, image};
use crate::stop_programs::{COUNTER, TRAP};
use crate::target::{Target, download, loader};

/// The size of a page.
const PAGE: usize = 1024;
/// All of the flash.
const FLASH: usize = 256 * 1024;

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0xff)
}

pub(crate) fn erased_is_blank(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&COUNTER)?;
    erase_all(&mut session, &mut FlashProgress::empty(), false)?;
    let mut flash = vec![0; FLASH];
    session.core(0)?.read(0, &mut flash)?;
    assert!(is_blank(&flash));
    Ok(())
}

pub(crate) fn from_blank(target: &Target) -> Result<(), Failed> {
    let mut session = target.attach()?;
    erase_all(&mut session, &mut FlashProgress::empty(), false)?;
    download(&mut session, &TICKER)?;
    let image = image(&TICKER);
    let mut held = vec![0; image.len()];
    session.core(0)?.read(0, &mut held)?;
    assert_eq!(held, image);
    Ok(())
}

pub(crate) fn over_another(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&TICKER)?;
    download(&mut session, &TRAP)?;
    let image = image(&TRAP);
    let mut held = vec![0; PAGE];
    session.core(0)?.read(0, &mut held)?;
    let (program, rest) = held.split_at(image.len());
    assert_eq!(program, image);
    assert!(is_blank(rest), "the rest of the page was erased with it");
    Ok(())
}

pub(crate) fn verify_tells(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&COUNTER)?;
    let same = loader(&session, &COUNTER)?;
    same.verify(&mut session, &mut FlashProgress::empty())?;
    let other = loader(&session, &TRAP)?;
    let told = other.verify(&mut session, &mut FlashProgress::empty());
    assert!(told.is_err());
    Ok(())
}

pub(crate) fn erase_of_a_page(target: &Target) -> Result<(), Failed> {
    let mut session = target.attach()?;
    let mut loader = session.target().flash_loader();
    loader.add_data(0, &vec![0x5a; 3 * PAGE])?;
    loader.commit(&mut session, Default::default())?;
    let page = PAGE as u64;
    let mut progress = FlashProgress::empty();
    erase(&mut session, &mut progress, page, 2 * page, false)?;
    let mut held = vec![0; 3 * PAGE];
    session.core(0)?.read(0, &mut held)?;
    let (first, others) = held.split_at(PAGE);
    let (second, third) = others.split_at(PAGE);
    assert!(is_blank(second));
    assert!(first.iter().chain(third).all(|byte| *byte == 0x5a));
    Ok(())
}
