//! Every image of the snapshots is pinned and in the catalog; every language has images there.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use camino::Utf8Path;
use dockwright::catalog::Catalog;
use dockwright::languages;
use dockwright::project::Project;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder whose name begins with `name`.
fn files(dir: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, name));
        } else if path.file_name().unwrap().to_str().unwrap().starts_with(name) {
            found.push(path);
        }
    }
    found
}

/// What `FROM`, `COPY --from` and `--mount=from` name in a Dockerfile, without its own stages.
fn images(text: &str) -> Vec<String> {
    let file = dockwright::dockerfile::read(text).unwrap();
    let mut images: Vec<String> = Vec::new();
    for (index, stage) in file.stages.iter().enumerate() {
        if !file.is_earlier_stage(index, &stage.image) && stage.image != "scratch" {
            images.push(stage.image.clone());
        }
    }
    let named = regex::Regex::new(r"[-,]from=([^\s,]+)").unwrap();
    let from = named.captures_iter(text).map(|found| found[1].to_owned()).filter(|name| name.contains(':'));
    images.extend(from);
    images
}

#[test]
fn every_image_of_the_snapshots_is_pinned_and_listed() {
    let catalog = Catalog::embedded().unwrap();
    let listed: Vec<String> = catalog.images().iter().filter_map(|image| Some(image.pinned()?.reference().to_owned())).collect();
    let mut seen = 0;
    for path in files(&root().join("snapshots"), "Dockerfile").into_iter().filter(|path| path.extension().is_none()) {
        for image in images(&std::fs::read_to_string(&path).unwrap()) {
            assert!(listed.contains(&image), "{}: `{image}` is not in the catalog with this digest", path.display());
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn every_language_has_its_images_in_the_catalog() {
    let fixtures: Vec<PathBuf> = std::fs::read_dir(root().join("tests/fixtures")).unwrap().map(|entry| entry.unwrap().path()).collect();
    // What is recognised and no more names no manifest, and gets no files.
    for language in languages::all().iter().filter(|language| !language.manifests().is_empty()) {
        let recognised = fixtures.iter().filter(|path| path.is_dir()).any(|path| {
            let project = Project::open(Utf8Path::from_path(path).unwrap()).unwrap();
            // A fixture that it recognises has a snapshot, whose images the test above looks up.
            language.detect(&project).is_ok_and(|services| !services.is_empty())
        });
        assert!(recognised, "no fixture for {:?}", language.manifests());
    }
}
