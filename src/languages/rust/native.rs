//! System libraries: what the locked packages compile against, and what the program then loads.

use super::lockfile::Lockfile;
use super::manifest::Package;
use crate::catalog::package;
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::plan::Flavor;

/// A package that needs something of the system.
struct Row {
    /// Package in the lockfile.
    name: &'static str,
    /// Packages whose presence says that it brings its own copy.
    bundled: &'static [&'static str],
    /// Common name of the library or tool.
    library: &'static str,
    /// Debian packages to compile with.
    build: &'static [&'static str],
    /// Debian packages that the running program loads.
    run: &'static [&'static str],
}

const fn row(
    name: &'static str,
    bundled: &'static [&'static str],
    library: &'static str,
    build: &'static [&'static str],
    run: &'static [&'static str],
) -> Row {
    Row { name, bundled, library, build, run }
}

const LIBRARIES: &[Row] = &[
    row("openssl-sys", &["openssl-src"], "openssl", &["libssl-dev", "pkg-config"], &["libssl3t64"]),
    row("openssl-src", &[], "openssl, compiled from source", &["make", "perl"], &[]),
    row("pq-sys", &["pq-src"], "libpq", &["libpq-dev", "pkg-config"], &["libpq5"]),
    row("mysqlclient-sys", &["mysqlclient-src"], "libmariadb", &["default-libmysqlclient-dev", "libclang-dev", "pkg-config"], &["libmariadb3"]),
    row("libsqlite3-sys", &["cc"], "sqlite", &["libsqlite3-dev", "pkg-config"], &["libsqlite3-0"]),
    row("rdkafka-sys", &[], "librdkafka, compiled from source", &["g++", "make"], &[]),
    row("alsa-sys", &[], "alsa", &["libasound2-dev", "pkg-config"], &["libasound2t64"]),
    row("libudev-sys", &[], "udev", &["libudev-dev", "pkg-config"], &["libudev1"]),
    row("libdbus-sys", &["cc"], "dbus", &["libdbus-1-dev", "pkg-config"], &["libdbus-1-3"]),
    row("yeslogic-fontconfig-sys", &["dlib"], "fontconfig", &["libfontconfig-dev", "pkg-config"], &["libfontconfig1"]),
    row("libsodium-sys", &[], "libsodium", &["libsodium-dev", "pkg-config"], &["libsodium23"]),
    row("libsodium-sys-stable", &[], "libsodium", &["libsodium-dev", "pkg-config"], &["libsodium23"]),
    row("zmq-sys", &["zeromq-src"], "libzmq", &["libzmq3-dev", "pkg-config"], &["libzmq5"]),
    row("libgssapi-sys", &[], "kerberos", &["libkrb5-dev", "libclang-dev", "pkg-config"], &["libgssapi-krb5-2"]),
    row("pam-sys", &[], "pam", &["libpam0g-dev", "libclang-dev"], &["libpam0g"]),
    row("gdal-sys", &[], "gdal", &["libgdal-dev", "libclang-dev", "pkg-config"], &["libgdal36"]),
    row("nettle-sys", &[], "nettle", &["nettle-dev", "libclang-dev", "pkg-config"], &["libnettle8t64", "libhogweed6t64"]),
    row("tikv-jemalloc-sys", &[], "jemalloc, compiled from source", &["make"], &[]),
    row("jemalloc-sys", &[], "jemalloc, compiled from source", &["make"], &[]),
    row("librocksdb-sys", &[], "rocksdb, compiled from source", &["g++", "libclang-dev", "make"], &[]),
    row("cxx", &[], "a C++ compiler", &["g++"], &[]),
    row("link-cplusplus", &[], "a C++ compiler", &["g++"], &[]),
    row("esaxx-rs", &[], "a C++ compiler", &["g++"], &[]),
    row("snappy_src", &[], "a C++ compiler", &["g++"], &[]),
    row("prost-build", &["protoc-bin-vendored", "protox", "protobuf-src"], "protoc", &["protobuf-compiler"], &[]),
    row("protobuf-codegen", &["protoc-bin-vendored", "protobuf-parse"], "protoc", &["protobuf-compiler"], &[]),
    row("protoc-rust", &[], "protoc", &["protobuf-compiler"], &[]),
    row("nasm-rs", &[], "nasm", &["nasm"], &[]),
    row("autotools", &[], "autotools", &["autoconf", "automake", "libtool", "make"], &[]),
];

/// Packages that name a tool and do without it: their sources for Linux are made beforehand, or they are for other systems.
const NOT_NEEDED: &[&str] =
    &["aws-lc-sys", "aws-lc-fips-sys", "aws-lc-rs", "coreaudio-sys", "oboe-sys", "ring", "libsqlite3-sys", "zstd-sys", "mysqlclient-sys", "onig_sys", "pq-sys"];
/// Libraries that the distroless image with glibc brings.
const IN_DISTROLESS: &[&str] = &["libssl3t64"];

/// What of the system a program needs.
#[derive(Debug, Clone, Default)]
pub struct Native {
    /// Libraries and tools by their common name.
    pub libraries: Vec<Found<String>>,
    build: Vec<&'static str>,
    run: Vec<&'static str>,
}

impl Native {
    /// Packages of the build stage, pinned.
    ///
    /// # Errors
    /// A package that the table of pins does not have is a bug.
    pub fn build(&self) -> Result<Vec<String>> {
        pinned(&self.build)
    }

    /// Packages of a final image, pinned; those that the image brings are left out.
    ///
    /// # Errors
    /// A package that the table of pins does not have is a bug.
    pub fn run(&self, flavor: Flavor) -> Result<Vec<String>> {
        let brought = |name: &&&str| flavor == Flavor::Distroless && IN_DISTROLESS.contains(name);
        pinned(&self.run.iter().filter(|name| !brought(name)).copied().collect::<Vec<_>>())
    }

    /// Adds packages of the build stage.
    pub fn needs(&mut self, library: &str, build: &[&'static str], evidence: Evidence) {
        self.build.extend(build);
        self.libraries.push(Found::certain(library.to_owned(), evidence));
    }
}

/// Finds what the packages need: by the lockfile, which has everything that is built, else by the manifests.
pub fn detect(lockfile: Option<&Lockfile>, closure: &[&Package], google_protos: bool) -> Native {
    let mut native = Native::default();
    let Some(lockfile) = lockfile else {
        for row in guessed(closure) {
            native.add(row.0, row.1);
        }
        return native;
    };
    let lockfile = &lockfile.reached_from(closure.iter().flat_map(|package| package.built()).map(|dependency| dependency.name.as_str()));
    for row in LIBRARIES {
        let Some(evidence) = lockfile.package(row.name) else { continue };
        let brings = |name: &&str| match *name {
            "cc" | "dlib" => lockfile.depends(row.name, name),
            name => lockfile.package(name).is_some(),
        };
        if !row.bundled.iter().any(|name| brings(&name)) {
            native.add(row, evidence);
        }
    }
    let needs = |tool: &'static str| lockfile.dependents(tool).find(|name| !NOT_NEEDED.contains(name));
    if let Some(name) = needs("cmake") {
        native.needs("cmake", &["cmake", "g++", "make"], found(lockfile, name));
    }
    if let Some(name) = needs("bindgen") {
        native.needs("libclang", &["libclang-dev"], found(lockfile, name));
    }
    if google_protos && native.build.contains(&"protobuf-compiler") {
        native.build.push("libprotobuf-dev");
    }
    native
}

impl Native {
    fn add(&mut self, row: &Row, evidence: Evidence) {
        self.build.extend(row.build);
        self.run.extend(row.run);
        self.libraries.push(Found::likely(row.library.to_owned(), evidence));
    }
}

fn found(lockfile: &Lockfile, name: &str) -> Evidence {
    lockfile.package(name).unwrap_or_else(|| Evidence::at(super::lockfile::NAME, None, "a locked package"))
}

/// Without a lockfile: the usual ways to those libraries, by direct dependency and its features.
fn guessed(closure: &[&Package]) -> Vec<(&'static Row, Evidence)> {
    let mut rows = Vec::new();
    for dependency in closure.iter().flat_map(|package| package.built()) {
        let has = |feature: &str| dependency.features.iter().any(|name| name == feature);
        let name = match dependency.name.as_str() {
            "diesel" if has("postgres") => "pq-sys",
            "diesel" if has("mysql") => "mysqlclient-sys",
            "diesel" | "rusqlite" if !has("bundled") && (dependency.name == "rusqlite" || has("sqlite")) => "libsqlite3-sys",
            "openssl" | "native-tls" | "reqwest" if has("vendored") || has("native-tls-vendored") => "openssl-src",
            // `reqwest` takes rustls from 0.13 on.
            "reqwest" if has("rustls-tls") || !dependency.version.as_deref().is_some_and(|version| version.contains("0.12") || version.contains("0.11")) => continue,
            "openssl" | "native-tls" | "postgres-native-tls" | "reqwest" => "openssl-sys",
            "sqlx" if has("native-tls") || has("runtime-tokio-native-tls") => "openssl-sys",
            "tonic-build" | "tonic-prost-build" => "prost-build",
            "rdkafka" => "rdkafka-sys",
            "rocksdb" => "librocksdb-sys",
            "tikv-jemallocator" => "tikv-jemalloc-sys",
            name => name,
        };
        rows.extend(LIBRARIES.iter().find(|row| row.name == name).map(|row| (row, dependency.evidence.clone())));
    }
    rows
}

fn pinned(names: &[&str]) -> Result<Vec<String>> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| package("trixie", name)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::workspace::Workspace;
    use super::*;
    use crate::project::Project;

    fn native(lock: &str) -> Native {
        let name = lock.split('"').nth(1).unwrap();
        let manifest = format!("[package]\nname = 'x'\n[dependencies]\n{name} = '0'\n");
        let project = Project::from_files([("Cargo.toml", manifest.as_str()), (super::super::lockfile::NAME, lock)]);
        let workspace = Workspace::read(&project).unwrap().unwrap();
        detect(Lockfile::read(&project).unwrap().as_ref(), &[&workspace.packages[0]], false)
    }

    #[test]
    fn every_library_has_pinned_packages() {
        let tools = ["cmake", "libclang-dev", "libprotobuf-dev", "clang", "lld", "mold"];
        for name in LIBRARIES.iter().flat_map(|row| row.build.iter().chain(row.run)).chain(&tools) {
            assert!(package("trixie", name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_bundled_library_needs_nothing() {
        let sqlite = |dependencies: &str| native(&format!("[[package]]\nname = \"libsqlite3-sys\"\nversion = \"0.30.1\"\ndependencies = [{dependencies}]\n"));
        assert_eq!(sqlite("\"cc\", \"pkg-config\"").run(Flavor::Distroless).unwrap(), [""; 0]);
        assert!(sqlite("\"pkg-config\"").run(Flavor::Slim).unwrap()[0].starts_with("libsqlite3-0="));
    }

    #[test]
    fn openssl_is_in_the_distroless_image() {
        let found = native("[[package]]\nname = \"openssl-sys\"\nversion = \"0.9.109\"\n");
        assert_eq!(found.run(Flavor::Distroless).unwrap(), [""; 0]);
        assert_eq!(found.run(Flavor::Slim).unwrap().len(), 1);
        assert_eq!((found.libraries[0].value.as_str(), found.libraries[0].evidence[0].line), ("openssl", Some(2)));
    }

    #[test]
    fn a_tool_that_is_only_named_is_not_installed() {
        let lock = |name: &str| native(&format!("[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\ndependencies = [\"bindgen\", \"cmake\"]\n"));
        assert_eq!(lock("aws-lc-sys").build().unwrap(), [""; 0]);
        assert_eq!(lock("other-sys").build().unwrap().len(), 4);
    }
}
