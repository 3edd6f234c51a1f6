//! How much stack and heap were used at most: only in a build with the feature
//! `measure`, which tests run to check the figures in `ta/memory`.

use core::ptr;

use optee_utee::trace_println;

use crate::header;

/// What an unused word of the stack holds.
const PAINT: u64 = 0x5050_5050_5050_5050;
const PAGE: usize = 4096;
const WORD: usize = size_of::<u64>();
/// Head of the allocator's one free block, at the heap's beginning.
const FREE_BLOCK_HEAD: usize = 64;

/// The stack, found from inside: OP-TEE gives it whole pages and starts at
/// their top, of which an entry point has used less than one.
#[derive(Clone, Copy)]
pub struct Stack {
    bottom: usize,
    top: usize,
}

impl Stack {
    /// Paints what an entry point has not used yet.
    #[inline(never)]
    pub fn paint() -> Stack {
        let here = 0_u8;
        let here = ptr::from_ref(&here) as usize;
        let top = here.next_multiple_of(PAGE);
        let size = (header::ta_head.stack_size as usize).next_multiple_of(PAGE);
        let stack = Stack { bottom: top - size, top };
        // This function's own frame is above `here - 256`.
        for address in (stack.bottom..here - 256).step_by(WORD) {
            // SAFETY: within the pages of this thread's stack, and below all
            // that is in use of it.
            unsafe { ptr::write_volatile(address as *mut u64, PAINT) };
        }
        stack
    }

    /// Bytes used at most since then.
    fn used(self) -> usize {
        let painted = |address: &usize| {
            // SAFETY: within the pages of this thread's stack.
            unsafe { ptr::read_volatile(*address as *const u64) == PAINT }
        };
        let deepest = (self.bottom..self.top).step_by(WORD).find(|address| !painted(address));
        self.top - deepest.unwrap_or(self.top)
    }
}

/// Bytes of heap used at most: the allocator takes from the end, and the heap
/// begins as zeroes.
fn heap() -> usize {
    let heap = &header::ta_heap;
    let used = |i: &usize| {
        // SAFETY: `i` is within the heap; the allocator changes it behind the
        // compiler's back, hence volatile.
        unsafe { ptr::read_volatile(heap.as_ptr().add(*i)) != 0 }
    };
    heap.len() - (FREE_BLOCK_HEAD..heap.len()).find(used).unwrap_or(heap.len())
}

/// Says on the secure console what was used at most so far.
pub fn say(stack: Stack) {
    trace_println!("measure: stack {} heap {}", stack.used(), heap());
}
