//! The emulated processor with the program in it.

use std::mem::offset_of;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use paylatch_chip_program::World;
use paylatch_proto::limits;
use unicorn_engine::{
    Arch, Context, Mode, Prot, RegisterARM64, TlbEntry, TlbType, Unicorn, uc_error,
};

use crate::program::Program;

const STACK: u64 = 0x4000_0000;
const STACK_LEN: usize = 64 * 1024;
const EXCHANGE: u64 = 0x5000_0000;
const EXCHANGE_LEN: usize = 4 * 4096;
/// A page that entry points return to.
const NOWHERE: u64 = 0x6000_0000;
/// Where on it: not at its beginning, as the emulator looks at the byte before.
const END: u64 = NOWHERE + 2048;
/// Bytes of an instruction.
const INSTRUCTION: u64 = 4;

/// A run takes some 15 ms. What takes as long is stopped, and goes on counted.
const PATIENCE: Duration = Duration::from_millis(200);
/// What does not end in so many instructions more hangs: a run has some 3,000,000.
const MOST: usize = 10_000_000;

/// What the tool and the program hand to each other.
const WORLD: u64 = EXCHANGE;
const REQUEST: u64 = EXCHANGE + 4096;
const REPLY: u64 = REQUEST + 2 * 4096;
const WORDS: u64 = REPLY + limits::REPLY as u64;
const _: () = assert!(size_of::<World>() <= 4096 && limits::REQUEST <= 2 * 4096);
const _: () = assert!(WORDS + 16 <= EXCHANGE + EXCHANGE_LEN as u64);

/// All memory that can change, region after region.
#[derive(Clone, PartialEq, Eq)]
pub struct Memory(Vec<u8>);

/// A moment of a run: before an instruction.
pub struct Moment {
    context: Context,
    memory: Memory,
    /// Of the instruction.
    pub address: u64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It returned this.
    Returned(u64),
    /// The processor refused to go on.
    Crashed,
    /// It did not end.
    Hung,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Power-on.
    Start,
    /// `STATE`.
    State,
    /// `CALL` with a request of so many bytes.
    Call(usize),
    /// The library's own check of a signature.
    Plain,
}

/// What a run is watched for.
#[derive(Default)]
struct Watch {
    /// Instructions so far.
    count: u64,
    /// Their addresses, if they are wanted.
    trace: Option<Vec<u64>>,
    /// Moments to keep, the next one last.
    wanted: Vec<u64>,
    kept: Vec<Moment>,
}

/// An emulated processor.
pub struct Machine {
    uc: Unicorn<'static, Watch>,
    program: Arc<Program>,
    /// When the present run began.
    began: Arc<Mutex<Option<Instant>>>,
}

impl Machine {
    /// One with the program in it, as loaded.
    ///
    /// # Panics
    /// When the emulator fails.
    pub fn new(program: &Arc<Program>) -> Machine {
        let mut uc = Unicorn::new_with_data(Arch::ARM64, Mode::LITTLE_ENDIAN, Watch::default())
            .expect("an emulator");
        let data = Prot::READ | Prot::WRITE;
        let code = Prot::READ | Prot::EXEC;
        let mut mapped = vec![
            (STACK, STACK_LEN as u64, data),
            (EXCHANGE, EXCHANGE_LEN as u64, data),
            (NOWHERE, 4096, code),
        ];
        for segment in &program.segments {
            let rights = if segment.writable { data } else { code };
            mapped.push((segment.address, segment.bytes.len() as u64, rights));
        }
        for (address, length, rights) in &mapped {
            uc.mem_map(*address, *length, *rights).expect("memory");
        }
        for segment in &program.segments {
            uc.mem_write(segment.address, &segment.bytes).expect("memory");
        }
        // With its own tables the emulator takes every page for one with code in
        // it, and looks at each write for a change of code: half of the time.
        uc.ctl_set_tlb_type(TlbType::VIRTUAL).expect("tables of ours");
        uc.add_tlb_hook(1, 0, move |_, address, _| {
            let of = mapped.iter().find(|(at, length, _)| (*at..at + length).contains(&address));
            of.map(|(_, _, rights)| TlbEntry { paddr: address, perms: *rights })
        })
        .expect("a hook");
        let began = Arc::default();
        let machine = Machine { uc, program: Arc::clone(program), began };
        machine.watch_for_hanging();
        machine
    }

    /// Stops runs that take long, for as long as the machine is there.
    fn watch_for_hanging(&self) {
        let began = Arc::downgrade(&self.began);
        let engine = self.uc.get_handle() as usize;
        std::thread::spawn(move || {
            while let Some(began) = began.upgrade() {
                let began = began.lock().expect("no panic");
                if began.is_some_and(|began| began.elapsed() > PATIENCE) {
                    // SAFETY: a run that began has to take the lock before it is
                    // left, so the engine is still there; the emulator's own
                    // timer stops it from another thread in the same way.
                    unsafe { unicorn_engine::uc_emu_stop(engine as *mut _) };
                }
                drop(began);
                std::thread::sleep(PATIENCE / 20);
            }
        });
    }

    // ---- memory ----------------------------------------------------------

    fn regions(&self) -> impl Iterator<Item = (u64, usize)> {
        let data = self.program.segments.iter().filter(|segment| segment.writable);
        let data: Vec<_> = data.map(|segment| (segment.address, segment.bytes.len())).collect();
        data.into_iter().chain([(STACK, STACK_LEN), (EXCHANGE, EXCHANGE_LEN)])
    }

    /// All memory that can change.
    pub fn memory(&self) -> Memory {
        keep(&self.uc, &self.regions().collect::<Vec<_>>())
    }

    /// Puts it back.
    pub fn restore(&mut self, memory: &Memory) {
        let mut at = 0;
        for (address, length) in self.regions().collect::<Vec<_>>() {
            self.uc.mem_write(address, &memory.0[at..at + length]).expect("mapped");
            at += length;
        }
    }

    /// Reads memory.
    pub fn read(&self, address: u64, bytes: &mut [u8]) {
        self.uc.mem_read(address, bytes).expect("mapped");
    }

    /// Writes memory.
    pub fn write(&mut self, address: u64, bytes: &[u8]) {
        self.uc.mem_write(address, bytes).expect("mapped");
    }

    /// What is stored.
    pub fn records(&self) -> Vec<u8> {
        let mut bytes = vec![0; size_of::<World>() - offset_of!(World, records)];
        self.read(WORLD + offset_of!(World, records) as u64, &mut bytes);
        bytes
    }

    /// Puts it back, or something else of the same length.
    pub fn set_records(&mut self, bytes: &[u8]) {
        self.write(WORLD + offset_of!(World, records) as u64, bytes);
    }

    /// Seconds since power-on.
    pub fn set_seconds(&mut self, seconds: u64) {
        self.write(WORLD + offset_of!(World, seconds) as u64, &seconds.to_le_bytes());
    }

    /// Lays a platform out with nothing stored.
    pub fn set_platform(&mut self, random: u64, secret: &[u8; 32], oem: &[u8; 33]) {
        let seconds = 0_u64.to_le_bytes();
        let bytes = [&seconds, &random.to_le_bytes(), &secret[..], oem].concat();
        self.write(WORLD, &bytes);
        let length = size_of::<World>() - offset_of!(World, records);
        self.set_records(&vec![0; length]);
    }

    /// Whether the byte at an address is of the pointer to the platform that an
    /// object, at an address and of a size, has in it.
    pub fn is_platform(&self, object: (u64, u64), address: u64) -> bool {
        let mut bytes = vec![0; object.1 as usize];
        self.read(object.0, &mut bytes);
        let at = bytes.windows(8).position(|bytes| bytes == WORLD.to_le_bytes());
        at.is_some_and(|at| (at..at + 8).contains(&((address - object.0) as usize)))
    }

    /// Lays a request out; what to enter.
    pub fn request(&mut self, bytes: &[u8]) -> Entry {
        self.write(REQUEST, bytes);
        Entry::Call(bytes.len())
    }

    /// The reply.
    pub fn reply(&self, length: u64) -> Vec<u8> {
        let mut reply = vec![0; usize::try_from(length).unwrap_or(0).min(limits::REPLY)];
        self.read(REPLY, &mut reply);
        reply
    }

    /// The four words of `STATE`.
    pub fn words(&self) -> [u32; 4] {
        let mut bytes = [0; 16];
        self.read(WORDS, &mut bytes);
        std::array::from_fn(|i| u32::from_le_bytes(std::array::from_fn(|j| bytes[4 * i + j])))
    }

    // ---- runs ------------------------------------------------------------

    fn enter(&mut self, entry: Entry) -> u64 {
        let (name, arguments) = match entry {
            Entry::Start => ("chip_start", [WORLD, 0, 0]),
            Entry::State => ("chip_state", [WORDS, 0, 0]),
            Entry::Call(length) => ("chip_call", [REQUEST, length as u64, REPLY]),
            Entry::Plain => ("chip_plain", [REQUEST, REQUEST + 33, REQUEST + 33 + 32]),
        };
        if entry == Entry::State {
            self.write(WORDS, &[0; 16]);
        }
        let registers = [RegisterARM64::X0, RegisterARM64::X1, RegisterARM64::X2];
        for (register, value) in registers.into_iter().zip(arguments) {
            self.uc.reg_write(register, value).expect("a register");
        }
        self.uc.reg_write(RegisterARM64::SP, STACK + STACK_LEN as u64).expect("a register");
        self.uc.reg_write(RegisterARM64::LR, END).expect("a register");
        self.program.symbol(name).0
    }

    fn go(&mut self, from: u64) -> End {
        *self.began.lock().expect("no panic") = Some(Instant::now());
        let mut result = self.uc.emu_start(from, END, 0, 0);
        *self.began.lock().expect("no panic") = None;
        if result.is_ok() && self.at() != END {
            // It was stopped. Counting is slow, and not in what was translated without.
            self.uc.ctl_flush_tb().expect("a cache");
            result = self.uc.emu_start(self.at(), END, 0, MOST);
        }
        match result {
            Err(_) => End::Crashed,
            Ok(()) if self.at() == END => {
                End::Returned(self.uc.reg_read(RegisterARM64::X0).expect("a register"))
            }
            Ok(()) => End::Hung,
        }
    }

    fn at(&self) -> u64 {
        self.uc.pc_read().expect("a register")
    }

    /// Runs it from the beginning to its end.
    pub fn run(&mut self, entry: Entry) -> End {
        let from = self.enter(entry);
        self.go(from)
    }

    /// Takes a run up at a moment, without the instruction there (`skip`) or with it.
    pub fn resume(&mut self, moment: &Moment, skip: bool) -> End {
        self.uc.context_restore(&moment.context).expect("a context");
        self.restore(&moment.memory);
        self.go(moment.address + if skip { INSTRUCTION } else { 0 })
    }

    /// The addresses of all instructions of a run, in order.
    pub fn trace(&mut self, entry: Entry) -> Vec<u64> {
        *self.uc.get_data_mut() = Watch { trace: Some(Vec::new()), ..Watch::default() };
        self.watched(entry);
        self.uc.get_data_mut().trace.take().expect("it was asked for")
    }

    /// The moments of a run before its instructions of these numbers, which ascend.
    pub fn moments(&mut self, entry: Entry, numbers: &[u64]) -> Vec<Moment> {
        let wanted = numbers.iter().rev().copied().collect();
        *self.uc.get_data_mut() = Watch { wanted, ..Watch::default() };
        self.watched(entry);
        let kept = std::mem::take(&mut self.uc.get_data_mut().kept);
        assert_eq!(kept.len(), numbers.len(), "the run is not what it was");
        kept
    }

    /// Runs with a hook on every instruction; such a machine only traces.
    fn watched(&mut self, entry: Entry) {
        let regions: Vec<_> = self.regions().collect();
        let hook = self.uc.add_code_hook(1, 0, move |uc, address, _| {
            let watch = uc.get_data_mut();
            let number = watch.count;
            watch.count += 1;
            if let Some(trace) = &mut watch.trace {
                trace.push(address);
            } else if watch.wanted.last() == Some(&number) {
                watch.wanted.pop();
                let context = uc.context_init().expect("a context");
                let memory = keep(uc, &regions);
                let watch = uc.get_data_mut();
                watch.kept.push(Moment { context, memory, address });
                if watch.wanted.is_empty() {
                    uc.emu_stop().expect("it can be stopped");
                }
            }
        });
        let hook = hook.expect("a hook");
        self.uc.ctl_flush_tb().expect("a cache");
        let from = self.enter(entry);
        let result = self.uc.emu_start(from, END, 0, 0);
        assert!(matches!(result, Ok(()) | Err(uc_error::OK)), "{result:?}");
        self.uc.remove_hook(hook).expect("a hook");
        self.uc.ctl_flush_tb().expect("a cache");
    }
}

fn keep<D>(uc: &Unicorn<'_, D>, regions: &[(u64, usize)]) -> Memory {
    let mut bytes = vec![0; regions.iter().map(|(_, length)| length).sum()];
    let mut at = 0;
    for (address, length) in regions {
        uc.mem_read(*address, &mut bytes[at..at + length]).expect("mapped");
        at += length;
    }
    Memory(bytes)
}
