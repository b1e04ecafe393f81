//! From a folder to what would change in it. `init`, `update`, `diff` and `check` share this; only the end differs.

mod answers;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use camino::Utf8Path;

use crate::answers_file::{self, AnswersFile};
use crate::artefacts;
use crate::checklist::{self, Subject, Verdict};
use crate::deployment::{Deployment, Source};
use crate::error::{Error, Exit, Result};
use crate::languages::Note;
use crate::lock::{self, Lock, LockedFile, LockedService};
use crate::plan::Plan;
use crate::project::{Project, join};
use crate::recognise::{self, Service};
use crate::reconcile::{self, Hunk, OnConflict, Outcome, Side, reconcile};
use crate::render::{self, RenderedFile};
use crate::settings::AnswersByService;
use crate::templates::{Override, Templates};
use crate::write::Step;
use crate::{pins, prove};

/// Why a file is left alone that the user chose to keep.
const YOURS: &str = "it is yours";

/// What becomes of questions that no file and no flag answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// They are asked; those answered in an earlier run too, with that answer as the default, when `again` is set.
    Asked {
        /// Whether old answers are asked again.
        again: bool,
    },
    /// The defaults are taken.
    Defaulted,
    /// Exit 3, unless the default is a sound one.
    Refused,
}

/// What a run was told.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The project.
    pub root: &'a Utf8Path,
    /// `KEY=VALUE` and `SERVICE.KEY=VALUE`.
    pub set: &'a [String],
    /// A file of answers; `-` is standard input.
    pub answers: Option<&'a str>,
    /// Which artefacts.
    pub emit: Option<&'a str>,
    /// Only these services; all when empty.
    pub only: &'a [String],
    /// Open questions.
    pub open: Open,
    /// Whether an empty folder is the beginning of a project.
    pub begins: bool,
    /// Whether a file that the user chose to keep may be replaced after all.
    pub force: bool,
    /// The same lines changed on both sides.
    pub on_conflict: OnConflict,
    /// A folder of templates that win over the built-in ones.
    pub templates: Option<&'a Utf8Path>,
}

/// A file and what becomes of it.
#[derive(Debug, Clone)]
pub struct Change {
    /// Path relative to the project.
    pub path: String,
    /// Service it belongs to.
    pub service: String,
    /// What stands there now.
    pub disk: Option<String>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// What was rendered; `None` when it is no longer generated.
    fresh: Option<String>,
}

/// A fact that is no longer what it was at the last run.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FactChange {
    /// Service.
    pub service: String,
    /// Fact; `service` when the whole service came or went.
    pub fact: String,
    /// At the last run.
    pub before: Option<String>,
    /// Now.
    pub after: Option<String>,
}

/// Everything that a run would do.
pub struct Generation {
    /// The services.
    pub services: Vec<Service>,
    /// Their plans, in the same order.
    pub plans: Vec<Plan>,
    /// The rendered files, whatever stands on disk.
    pub rendered: Vec<RenderedFile>,
    /// The files.
    pub changes: Vec<Change>,
    /// What changed in the stack since the last run.
    pub facts: Vec<FactChange>,
    /// Whether there was a last run.
    pub has_state: bool,
    project: Rc<Project>,
    overrides: Vec<Override>,
    old_lock: Lock,
    answers_file: AnswersFile,
    answers_text: Option<String>,
    lock_text: Option<String>,
}

impl Change {
    /// The text that the file will have; `None` when it is not written.
    pub fn text(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Created(text) | Outcome::Updated(text) | Outcome::Merged(text) | Outcome::Foreign(text) => Some(text),
            Outcome::Conflict { marked, .. } => marked.as_deref(),
            Outcome::Unchanged | Outcome::Kept(_) | Outcome::Removed => None,
        }
    }

    /// Whether the file is not as it should be.
    pub fn is_drift(&self) -> bool {
        !matches!(self.outcome, Outcome::Unchanged | Outcome::Kept(_))
    }

    /// From what stands there to what would.
    pub fn diff(&self) -> String {
        let old = self.disk.as_deref().unwrap_or("");
        let new = match &self.outcome {
            Outcome::Conflict { fresh, .. } => fresh,
            Outcome::Removed => "",
            _ => self.text().unwrap_or(old),
        };
        let name = |side: &str, there: bool| if there { format!("{side}/{}", self.path) } else { "/dev/null".to_owned() };
        let removed = self.outcome == Outcome::Removed;
        similar::TextDiff::from_lines(old, new)
            .unified_diff()
            .header(&name("a", self.disk.is_some()), &name("b", !removed))
            .to_string()
    }
}

/// Looks, asks, plans and renders. Writes nothing.
///
/// # Errors
/// Per the contract's exit codes.
pub fn generate(request: &Request<'_>) -> Result<Generation> {
    let root = request.root;
    let mut project = Rc::new(Project::open(root)?);
    let lock_text = read(root, lock::FILE)?;
    let old_lock = lock_text.as_deref().map_or_else(|| Ok(Lock::default()), Lock::parse)?;
    let answers_text = read(root, answers_file::FILE)?;
    let mut answers_file = AnswersFile::parse(answers_file::FILE, answers_text.as_deref().unwrap_or(""))?;
    let told = answers::file(request)?;
    let (services, begun) = answers::services(&project, recognise::services(&project)?, request, &answers_file, told.as_ref())?;
    let mut services = supported(services, request.only)?;
    let names: Vec<String> = services.iter().map(|service| service.facts.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut old = AnswersByService::new(&names);
    answers_file.add_to(&mut old, &names)?;
    let mut given = answers::given(request, told.as_ref(), &names)?;
    if let (Some(begun), Some(name)) = (&begun, names.first()) {
        project = services[0].project.clone();
        *given.of_mut(name) = given.of(name).over_by(begun.clone());
    }
    for service in &services {
        answers::settle(&service.facts, &old, &mut given, request.open)?;
    }
    if request.open == Open::Refused {
        answers::refuse_guesses(&services, &old, &given)?;
    }
    answers::keep_answers(&services, &old, &given, begun.is_some(), &mut answers_file);

    let selected = |name: &str| request.only.is_empty() || request.only.iter().any(|only| only == name);
    for only in request.only {
        if !names.contains(&only.as_str()) {
            return Err(crate::settings::unknown("service", only, &names));
        }
    }
    let own = templates(request, &old_lock, &mut answers_file)?;
    let waived = answers_file.waived()?;
    let _in_use = own.put_to_use()?;
    let mut plans = Vec::new();
    let mut rendered = Vec::new();
    let mut now = Vec::new();
    let mut whole = Vec::new();
    let whole_name = if names.len() > 1 { root.canonicalize_utf8().ok().and_then(|root| root.file_name().map(str::to_owned)) } else { None };
    for service in &mut services {
        let answers = old.of(&service.facts.name).over_by(given.of(&service.facts.name));
        let choices = answers.over(&service.facts)?;
        now.push(LockedService::new(&choices.facts));
        if !selected(&service.facts.name) {
            continue;
        }
        let plan = service.plan(&choices)?;
        let mut files = render::render(&plan, &service.project)?;
        own.refuse_broken(&service.project, &files, &waived)?;
        prove::prove_with(&plan, &service.project, &files, &own, &waived).map_err(|error| match answers.get("start") {
            // What contradicts itself with a start command that was given is no bug.
            Some(start) if error.exit == Exit::Bug => Error::new(Exit::Usage, format!("`{start}` does not fit `start`: {}", error.message))
                .hint("`start` takes a program that the image holds, as in the project's own start script"),
            _ => error,
        })?;
        let emit = artefacts::select(answers.get("emit"))?;
        let source = Source { plan: &plan, facts: &choices.facts, answers: &answers, project: &service.project, context: &service.context, whole: whole_name.as_deref() };
        let (deployment, notes) = Deployment::new(source)?;
        files.retain(|file| artefacts::of(&file.path).is_none_or(|artefact| emit.contains(&artefact)));
        for file in &mut files {
            file.path = join(&service.context, &file.path);
        }
        rendered.extend(files);
        rendered.extend(artefacts::of_service(&deployment, &emit)?);
        service.facts = choices.facts;
        let missing: BTreeSet<&str> = plan.without_digest().collect();
        let asked = service.facts.version.as_ref().and_then(|found| found.evidence.first());
        service.facts.notes.extend(missing.into_iter().map(|image| {
            Note::warning(format!("`{image}` is the exact version that was asked for, and has no digest yet: `dockwright pin` adds it"), asked)
        }));
        service.facts.notes.extend(notes);
        whole.push((deployment, emit));
        plans.push(plan);
    }
    if request.only.is_empty() {
        rendered.extend(artefacts::of_whole(&whole)?);
    }
    own.refuse_broken(&project, &rendered, &waived)?;
    services.retain(|service| plans.iter().any(|plan: &Plan| plan.service == service.facts.name));
    let facts = changed_facts(&old_lock, &now);

    let mut fresh: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for file in &rendered {
        fresh.insert(&file.path, (&file.service, &file.text));
    }
    let mut changes = Vec::new();
    for file in &rendered {
        let disk = read(root, &file.path)?;
        let mut outcome = reconcile(old_lock.base(&file.path), disk.as_deref(), Some(&file.text), request.on_conflict);
        let asked_again = request.force || request.open == Open::Asked { again: true };
        if matches!(outcome, Outcome::Foreign(_)) && old_lock.keeps(&file.path) && !asked_again {
            outcome = Outcome::Kept(YOURS);
        }
        let (path, service) = (file.path.clone(), file.service.clone());
        changes.push(Change { path, service, disk, outcome, fresh: Some(file.text.clone()) });
    }
    let gone = |file: &&LockedFile| {
        // With `--service`, what belongs to the whole is left alone.
        let of_whole = file.service == artefacts::WHOLE && !request.only.is_empty();
        !fresh.contains_key(file.path.as_str()) && !of_whole && (selected(&file.service) || !names.contains(&file.service.as_str()))
    };
    for file in old_lock.files.iter().filter(|file| !file.kept).filter(gone) {
        let disk = read(root, &file.path)?;
        let outcome = reconcile(Some(&file.text), disk.as_deref(), None, request.on_conflict);
        changes.push(Change { path: file.path.clone(), service: file.service.clone(), disk, outcome, fresh: None });
    }
    let has_state = lock_text.is_some();
    Ok(Generation { services, plans, rendered, changes, facts, has_state, project, overrides: own.overrides(), old_lock, answers_file, answers_text, lock_text })
}

impl Generation {
    /// Remarks of all services.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        self.services.iter().flat_map(|service| &service.facts.notes)
    }

    /// How the project stands on the fifteen items, once the files are written.
    ///
    /// # Errors
    /// Exit 2 when a waiver names no item, or no reason.
    pub fn checklist(&self) -> Result<Vec<Verdict>> {
        let after = |change: &Change| change.text().map(str::to_owned).or_else(|| change.disk.clone()).map(|text| (change.path.clone(), text.into()));
        let files: Vec<(String, Rc<str>)> = self.changes.iter().filter(|change| change.outcome != Outcome::Removed).filter_map(after).collect();
        Ok(checklist::judge(&Subject::of_files(&self.project, &files), &self.answers_file.waived()?))
    }

    /// The files that stand in the way: there, and never ours.
    pub fn foreign(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| matches!(change.outcome, Outcome::Foreign(_)))
    }

    /// Refuses when a file that dockwright did not write would be replaced.
    ///
    /// # Errors
    /// Exit 6, naming each file.
    pub fn refuse_foreign(&self) -> Result<()> {
        let paths: Vec<&str> = self.foreign().map(|change| change.path.as_str()).collect();
        let Some(first) = paths.first() else { return Ok(()) };
        let named: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
        let verb = if paths.len() == 1 { "exists and was" } else { "exist and were" };
        Err(Error::new(Exit::Refused, format!("{} {verb} not written by dockwright", named.join(" and ")))
            .hint(format!("`--force` replaces, and keeps the old content as `{first}.orig`"))
            .hint(format!("`--stdout {first}` prints what would be written, `--dry-run` shows the difference")))
    }

    /// The files in which both sides changed the same lines, with those lines.
    pub fn conflicts(&self) -> Vec<(String, Vec<Hunk>)> {
        let conflicts = self.changes.iter().filter(|change| matches!(change.outcome, Outcome::Conflict { marked: None, .. }));
        conflicts.filter_map(|change| Some((change.path.clone(), self.sides(change, reconcile::hunks)?))).collect()
    }

    /// Ends the conflicts of a file: whose lines are taken for each.
    pub fn settle(&mut self, path: &str, sides: &[Side]) {
        let Some(index) = self.changes.iter().position(|change| change.path == path) else { return };
        if let Some(text) = self.sides(&self.changes[index], |base, disk, fresh| reconcile::settled(base, disk, fresh, sides)) {
            let same = self.changes[index].disk.as_ref() == Some(&text);
            self.changes[index].outcome = if same { Outcome::Unchanged } else { Outcome::Merged(text) };
        }
    }

    /// Gives the three texts of a file to `with`.
    fn sides<T>(&self, change: &Change, with: impl Fn(&str, &str, &str) -> T) -> Option<T> {
        Some(with(self.old_lock.base(&change.path)?, change.disk.as_deref()?, change.fresh.as_deref()?))
    }

    /// Leaves a file alone that was never ours.
    pub fn leave(&mut self, path: &str) {
        for change in self.changes.iter_mut().filter(|change| change.path == path) {
            change.outcome = Outcome::Kept(YOURS);
        }
    }

    /// The writing that all this comes to. `state` adds `dockwright.toml` and `dockwright.lock`.
    ///
    /// # Errors
    /// When the lock cannot be made.
    pub fn steps(&self, root: &Utf8Path, state: bool) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        for change in &self.changes {
            if let (Outcome::Foreign(_), Some(disk)) = (&change.outcome, &change.disk) {
                steps.push(Step { path: free_name(root, &change.path), text: Some(disk.clone()) });
            }
            if let Outcome::Conflict { fresh, marked: None } = &change.outcome {
                steps.push(Step { path: format!("{}.dockwright-new", change.path), text: Some(fresh.clone()) });
            }
            match (&change.outcome, change.text()) {
                (Outcome::Removed, _) => steps.push(Step { path: change.path.clone(), text: None }),
                (_, Some(text)) => steps.push(Step { path: change.path.clone(), text: Some(text.to_owned()) }),
                _ => {}
            }
        }
        if state {
            let answers = self.answers_file.text_of();
            if !answers.is_empty() && self.answers_text.as_deref() != Some(&answers) {
                steps.push(Step { path: answers_file::FILE.to_owned(), text: Some(answers) });
            }
            steps.push(Step { path: lock::FILE.to_owned(), text: Some(self.lock().text()?) });
        }
        Ok(steps)
    }

    /// Whether the state on disk is not what this run would leave.
    pub fn state_differs(&self) -> Result<bool> {
        Ok(self.lock_text.as_deref() != Some(&self.lock().text()?))
    }

    /// What the lock will say.
    fn lock(&self) -> Lock {
        let selected: Vec<&str> = self.services.iter().map(|service| service.facts.name.as_str()).collect();
        let mut files: Vec<LockedFile> = Vec::new();
        for change in &self.changes {
            if change.outcome == Outcome::Kept(YOURS) {
                files.push(LockedFile { path: change.path.clone(), service: change.service.clone(), kept: true, text: String::new() });
                continue;
            }
            let text = match (&change.outcome, &change.fresh) {
                // What the user deleted is remembered, and what could not be merged is still the base of the next merge.
                (Outcome::Kept(_) | Outcome::Conflict { marked: None, .. }, Some(_)) => self.old_lock.base(&change.path),
                (_, fresh) => fresh.as_deref(),
            };
            if let Some(text) = text {
                files.push(LockedFile { path: change.path.clone(), service: change.service.clone(), kept: false, text: text.to_owned() });
            }
        }
        let mut services: Vec<LockedService> = self.services.iter().map(|service| LockedService::new(&service.facts)).collect();
        // With `--service`, the others stay as they were.
        let other = |name: &str| !selected.contains(&name);
        let known: Vec<&String> = self.changes.iter().map(|change| &change.path).collect();
        files.extend(self.old_lock.files.iter().filter(|file| other(&file.service) && !known.contains(&&file.path)).cloned());
        let stays = |service: &&LockedService| other(&service.name) && files.iter().any(|file| file.service == service.name);
        services.extend(self.old_lock.services.iter().filter(stays).cloned());
        files.sort_by(|a, b| a.path.cmp(&b.path));
        services.sort_by(|a, b| a.path.cmp(&b.path));
        let texts = self.changes.iter().filter(|change| change.outcome != Outcome::Removed);
        let mut pins = pins::records(texts.filter_map(|change| change.text().or(change.disk.as_deref())), &self.old_lock.pins);
        if files.iter().any(|file| other(&file.service)) {
            pins.extend(self.old_lock.pins.iter().cloned());
            pins.sort();
            pins.dedup();
        }
        Lock { services, templates: self.overrides.clone(), pins, files, ..Lock::default() }
    }
}

/// The services that files can be written for. The others are named in a note, unless they are all there is or asked for.
fn supported(services: Vec<Service>, only: &[String]) -> Result<Vec<Service>> {
    let mut left = Vec::new();
    let mut refused = Vec::new();
    for service in services {
        match service.supported() {
            Ok(()) => left.push(service),
            Err(error) if only.contains(&service.facts.name) => return Err(error),
            Err(error) => refused.push((service, error)),
        }
    }
    let notes = refused.iter().map(|(service, error)| {
        Note::warning(format!("`{}` is left out: {}", service.facts.path, error.message), service.facts.language.evidence.first())
    });
    match left.first_mut() {
        Some(first) => first.facts.notes.extend(notes),
        None => refused.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))?,
    }
    Ok(left)
}

fn changed_facts(old: &Lock, now: &[LockedService]) -> Vec<FactChange> {
    let mut changes = Vec::new();
    if old.services.is_empty() {
        return changes;
    }
    let whole = |service: &LockedService, before: bool| FactChange {
        service: service.name.clone(),
        fact: "service".to_owned(),
        before: before.then(|| service.path.clone()),
        after: (!before).then(|| service.path.clone()),
    };
    for service in now {
        match old.services.iter().find(|old| old.path == service.path) {
            None => changes.push(whole(service, false)),
            Some(old) => changes.extend(old.changes(service).into_iter().map(|(fact, before, after)| FactChange {
                service: service.name.clone(),
                fact,
                before,
                after,
            })),
        }
    }
    changes.extend(old.services.iter().filter(|old| now.iter().all(|now| now.path != old.path)).map(|old| whole(old, true)));
    changes
}

/// The templates of a folder, from the flag or from `dockwright.toml`. A folder inside the project is remembered there.
fn templates(request: &Request<'_>, lock: &Lock, answers: &mut AnswersFile) -> Result<Templates> {
    if let Some(dir) = request.templates {
        let below = |dir: &Utf8Path| Some(dir.canonicalize_utf8().ok()?.strip_prefix(request.root.canonicalize_utf8().ok()?).ok()?.to_string());
        if let Some(inside) = below(dir) {
            answers.set(None, "templates", &inside);
        }
        return Templates::read(dir);
    }
    match answers.says("templates") {
        Some(dir) => Templates::read(&request.root.join(dir)),
        None if lock.templates.is_empty() => Ok(Templates::default()),
        None => Err(Error::new(Exit::Usage, "the last run used templates of your own").hint("name their folder again: `--templates DIR`")),
    }
}

/// A file that dockwright would write, as it stands on disk.
pub(crate) fn read(root: &Utf8Path, path: &str) -> Result<Option<String>> {
    let full = root.join(path);
    let Ok(meta) = fs_err::symlink_metadata(&full) else { return Ok(None) };
    let refuse = |what: &str| {
        Error::new(Exit::Refused, format!("`{path}` is {what}")).hint("replace it by a plain file, or remove it, and run dockwright again")
    };
    if meta.file_type().is_symlink() {
        return Err(refuse("a symbolic link"));
    }
    if !meta.is_file() {
        return Err(refuse("not a file"));
    }
    let bytes = fs_err::read(&full).map_err(|error| {
        Error::new(Exit::Unsupported, format!("`{path}` cannot be read: {}", error.kind()))
            .hint(format!("make `{path}` readable, or run dockwright as its owner"))
    })?;
    String::from_utf8(bytes).map(Some).map_err(|_| refuse("not UTF-8 text"))
}

/// The first of `NAME.orig`, `NAME.orig.2`, ... that is free.
fn free_name(root: &Utf8Path, path: &str) -> String {
    let first = format!("{path}.orig");
    std::iter::once(first.clone())
        .chain((2..1000).map(|number| format!("{first}.{number}")))
        .find(|name| fs_err::symlink_metadata(root.join(name)).is_err())
        .unwrap_or(first)
}
