//! The lock can't be read, or there is none yet.

use paylatch_proto::state::Fault;

use super::{locked, shared};
use crate::screen::catalogue::Catalogue;
use crate::screen::facts::Facts;
use crate::screen::icon::Icon;
use crate::screen::page::{Block, Value};

/// The lock can't be read (`None`: can't be asked).
pub fn fault(fault: Option<Fault>, facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    let text = |id| catalogue.text(id);
    blocks.push(Block::Title(Icon::Attention, text("fault-title")));
    blocks.push(Block::Text(text("fault-what")));
    blocks.push(shared::good("fault-data", catalogue));
    blocks.push(Block::Text(text(advice(fault))));
    let reference = Value::Number(reference(fault, facts));
    blocks.push(Block::Fact(text("fault-reference"), reference));
    blocks.push(Block::Beside);
    shared::call(facts, catalogue, blocks);
    locked::works(facts, catalogue, blocks);
    blocks.push(shared::off(catalogue));
}

fn advice(fault: Option<Fault>) -> &'static str {
    match fault {
        None | Some(Fault::StorageUnavailable | Fault::WriteUnconfirmed | Fault::Platform) => {
            "fault-restart"
        }
        Some(Fault::NewerFormat | Fault::OldBuild) => "fault-update",
        Some(
            Fault::StateMissing | Fault::StateCorrupt | Fault::KeysCorrupt | Fault::OtherDevice,
        ) => "fault-service",
    }
}

/// The fault's code, 0 where there is none, and the phone's number.
fn reference(fault: Option<Fault>, facts: &Facts) -> String {
    let code = fault.map_or(0, Fault::code);
    match facts.device_number() {
        Some(number) => format!("F{code} {number}"),
        None => format!("F{code}"),
    }
}

/// There is neither a voucher nor a seal yet.
pub fn fresh(facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    blocks.push(Block::Title(Icon::Information, catalogue.text("fresh-title")));
    blocks.push(Block::Text(catalogue.text("fresh")));
    shared::number(facts, catalogue, blocks);
    blocks.push(shared::off(catalogue));
}
