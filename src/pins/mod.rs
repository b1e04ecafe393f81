//! Pins in text: images with tag and digest, actions by commit, tools by version. `find` finds them in any generated file,
//! `carry` keeps those that a bot or a person moved, `refresh` asks the registries for newer ones.

mod carry;
mod date;
mod exact;
mod find;
mod line;
mod record;
mod refresh;

pub use carry::carry;
pub use date::{Age, Date};
pub use exact::{Package, exact, line as package_line, packages_of};
pub use find::{Kind, find};
pub use line::newer_tags;
pub use record::{PinRecord, records};
pub use refresh::{Outcome, Source, Target, apply, resolve, targets};
