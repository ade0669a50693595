//! Why the memory of a player was accessed wrongly: because its stack is full, or otherwise.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::slots::Slot;

/// The most bytes of a player's stack.
const STACK: u64 = 8 << 20;

/// The system keeps so much free below a stack that grows, and kills who accesses it.
const STACK_GAP: u64 = 1 << 20;

/// Room for the handler: more than what any processor saves of its registers.
const HANDLER_STACK: usize = 64 * 1024;

/// The slot of this process, for the handler.
pub(super) static SLOT: AtomicPtr<Slot> = AtomicPtr::new(ptr::null_mut());

/// Limits the stack of the players to be, so that the addresses of a full one are known.
pub(super) fn limit_stack() -> io::Result<()> {
    let now = getrlimit(Resource::Stack);
    let current = now.current.map_or(STACK, |limit| limit.min(STACK));
    Ok(setrlimit(
        Resource::Stack,
        Rlimit {
            current: Some(current),
            maximum: now.maximum,
        },
    )?)
}

/// Notes the stack of this process in its slot.
pub(super) fn note_stack(slot: &Slot) {
    let here = 0_u8;
    let address = (&raw const here).addr() as u64;
    slot.stack.store(address, Ordering::Relaxed);
    SLOT.store(ptr::from_ref(slot).cast_mut(), Ordering::Relaxed);
}

/// Whether an address is where a full stack is grown to.
pub(super) fn is_stack(slot: &Slot, address: u64) -> bool {
    let top = slot.stack.load(Ordering::Relaxed);
    // The mark is below the real top by what `main` and what it calls have taken.
    let [low, high] = slot.own_stack.each_ref();
    let own = low.load(Ordering::Relaxed)..high.load(Ordering::Relaxed);
    (top.saturating_sub(STACK + STACK_GAP)..=top).contains(&address) || own.contains(&address)
}

/// From now on, an access that this process is killed for is noted in its slot.
pub(super) fn note_faults() -> io::Result<()> {
    // The stack of the handler is needed as long as the process lives.
    let stack = Box::leak(vec![0_u8; HANDLER_STACK].into_boxed_slice());
    let stack = libc::stack_t {
        ss_sp: stack.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: HANDLER_STACK,
    };
    #[allow(unsafe_code, reason = "there is no safe way to learn of a full stack")]
    // SAFETY: the memory of the stack is nobody else's, for ever. An action of zeros is one without
    // flags and with an empty mask; its handler has the signature that `SA_SIGINFO` asks for, and
    // does what a handler may: it accesses atomics and calls `signal`.
    let set = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_fault as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigaltstack(&raw const stack, ptr::null_mut())
            | libc::sigaction(libc::SIGSEGV, &raw const action, ptr::null_mut())
            | libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut())
    };
    match set {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sees to it that players that ended can be asked about, whatever the program inherited.
pub(super) fn expect_children() {
    #[allow(
        unsafe_code,
        reason = "there is no safe way to set the action of a signal"
    )]
    // SAFETY: the default action runs no code.
    unsafe {
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
    }
}

extern "C" fn on_fault(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    #[allow(unsafe_code, reason = "the system passes a pointer")]
    // SAFETY: the system passes the information of the signal that is handled. The slot is in memory
    // that is mapped as long as the process lives. With the default action, an access is tried again
    // when the handler returns, and ends the process; a signal that was sent has no access, and is
    // sent again. A handler may call `signal` and `raise`.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        let info = info.as_ref();
        let is_sent = info.is_none_or(|info| info.si_code <= 0);
        if is_sent {
            libc::raise(signal);
        } else if let (Some(info), Some(slot)) = (info, SLOT.load(Ordering::Relaxed).as_ref()) {
            let address = info.si_addr().addr() as u64;
            slot.fault.store(address.wrapping_add(1), Ordering::Relaxed);
        }
    }
}
