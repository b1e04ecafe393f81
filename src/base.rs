//! The base of the final image beside what else it could be, with what a pull of each costs.

use serde::Serialize;

use crate::catalog::Catalog;
use crate::error::Result;
use crate::plan::{Flavor, Plan};
use crate::recognise::Service;
use crate::settings::Choices;

/// The base that was taken.
#[derive(Debug, Clone, Serialize)]
pub struct Base {
    /// Service.
    pub service: String,
    /// `name:tag@digest`.
    pub image: String,
    /// Compressed, amd64, in MB (10^6 bytes); `None` where nobody has measured it.
    pub megabytes: Option<f64>,
    /// Why.
    pub why: String,
    /// The other families.
    pub others: Vec<Other>,
}

/// A base that was not taken.
#[derive(Debug, Clone, Serialize)]
pub struct Other {
    /// The value of `--set base=`.
    pub base: Flavor,
    /// Its image; `None` where there is none for this stack.
    pub image: Option<String>,
    /// Compressed, amd64, in MB.
    pub megabytes: Option<f64>,
    /// Why there is none.
    pub why: Option<String>,
}

/// The base of a recognised service, as long as nothing is missing that a plan needs.
pub fn of(service: &Service) -> Option<Base> {
    let plan = service.plan(&service.choices()).ok()?;
    compare(service, &plan).ok()
}

/// The base of a planned service, and the plans that it could have had.
///
/// # Errors
/// When the catalog is broken.
pub fn compare(service: &Service, plan: &Plan) -> Result<Base> {
    let catalog = Catalog::embedded()?;
    let image = plan.runtime.image.reference();
    let flavors = [Flavor::Distroless, Flavor::Slim, Flavor::Alpine];
    let others = flavors.into_iter().filter(|flavor| *flavor != plan.runtime.flavor).map(|base| {
        let none = |why: String| Other { base, image: None, megabytes: None, why: Some(why) };
        match service.plan(&Choices { base: Some(base), ..service.choices() }) {
            // Some stacks have one base that is right, whatever is asked for.
            Ok(other) if other.runtime.image.reference() == image => none("the same image".to_owned()),
            Ok(other) => {
                let image = other.runtime.image.reference();
                Other { base, image: Some(image.to_owned()), megabytes: catalog.megabytes(image), why: None }
            }
            Err(error) => none(error.message),
        }
    });
    Ok(Base {
        service: plan.service.clone(),
        image: image.to_owned(),
        megabytes: catalog.megabytes(image),
        why: plan.runtime.reason.clone(),
        others: others.collect(),
    })
}

impl Base {
    /// `78 MB; distroless 45 MB, alpine 60 MB`: the sizes that are known.
    pub fn sizes(&self) -> String {
        let others = self.others.iter().filter_map(|other| Some(format!("{} {:.0} MB", other.base.name(), other.megabytes?)));
        let others = others.collect::<Vec<_>>().join(", ");
        let own = self.megabytes.map(|own| format!("{own:.0} MB"));
        own.into_iter().chain((!others.is_empty()).then_some(others)).collect::<Vec<_>>().join("; ")
    }
}
