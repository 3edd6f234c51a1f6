//! The device's story, on real OP-TEE in the emulator: what `make run` tells.
//! Each line says what was expected and what was seen; the exit code is 1 if
//! any differs.

mod narrator;
mod openssl;
mod steps;

use std::process::ExitCode;

use narrator::Narrator;
use paylatch_tests::Result;
use paylatch_tests::issuer::Issuer;
use steps::Story;

fn main() -> ExitCode {
    println!("Paylatch's story: three emulated phones, real OP-TEE, two to three minutes.");
    let mut narrator = Narrator::default();
    if let Err(failure) = tell(&mut narrator) {
        narrator.broke_off(&failure);
    }
    narrator.close()
}

fn tell(narrator: &mut Narrator) -> Result<()> {
    let issuer = Issuer::new()?;
    let mut story = Story::in_the_factory(narrator, &issuer)?;
    story.first_start()?;
    story.owners_file()?;
    story.notice_and_lock()?;
    story.power_off_and_on()?;
    story.factory_reset_and_reflash()?;
    story.another_system()?;
    story.messages_that_are_refused()?;
    story.unlock_for_a_time()?;
    story.a_phone_call()?;
    story.the_loan_is_sold()?;
    story.release()?;
    story.escrow()
}
