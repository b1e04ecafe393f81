//! Dependencies that are more than JavaScript: what they need to be compiled, and what their programs need to run.

use super::package_manager::Lockfile;
use crate::found::{Evidence, Found};
use crate::json_file::JsonFile;

/// What a dependency brings along.
struct Native {
    /// Names of packages; any of them.
    packages: &'static [&'static str],
    /// Debian packages for compiling it, beside the tools that all need.
    build: &'static [&'static str],
    /// Debian packages that its program loads or starts: the final image must be able to hold them.
    run: &'static [&'static str],
    /// Whether it is compiled where no ready-made build fits.
    compiled: bool,
}

const fn compiled(packages: &'static [&'static str]) -> Native {
    Native { packages, build: &[], run: &[], compiled: true }
}

const fn runs(packages: &'static [&'static str], run: &'static [&'static str]) -> Native {
    Native { packages, build: &[], run, compiled: false }
}

/// The tools of node-gyp, <https://github.com/nodejs/node-gyp#installation>.
const TOOLS: &[&str] = &["g++", "make", "python3"];
/// Each compiles when its ready-made build cannot be fetched. Those whose builds come from the registry are not here.
const NATIVE: &[Native] = &[
    compiled(&["bcrypt", "better-sqlite3", "sqlite3", "node-sass", "re2", "isolated-vm", "node-pty", "deasync", "bigint-buffer"]),
    compiled(&["leveldown", "classic-level", "zeromq", "farmhash", "microtime", "heapdump", "iconv", "node-expat", "integer", "hiredis"]),
    compiled(&["libxmljs", "libxmljs2", "snappy", "kerberos", "usb", "serialport", "node-rdkafka", "couchbase", "grpc", "gc-stats", "argon2"]),
    Native { packages: &["pg-native", "libpq"], build: &["libpq-dev"], run: &["libpq5"], compiled: true },
    Native {
        packages: &["canvas"],
        build: &["libcairo2-dev", "libpango1.0-dev", "libjpeg62-turbo-dev", "libgif-dev", "librsvg2-dev", "pkg-config"],
        run: &["libcairo2", "libpango-1.0-0", "libpangocairo-1.0-0", "libjpeg62-turbo", "libgif7", "librsvg2-2"],
        compiled: true,
    },
    runs(&["puppeteer", "puppeteer-core", "playwright", "playwright-core", "@playwright/test"], &["chromium", "fonts-dejavu-core"]),
    runs(&["fluent-ffmpeg"], &["ffmpeg"]),
    runs(&["gm", "imagemagick"], &["imagemagick"]),
    // Its engines are chosen by the version of OpenSSL that is there.
    runs(&["@prisma/client", "prisma"], &["openssl"]),
];

/// What all native dependencies together need.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Debian packages of the build stage.
    pub build: Vec<&'static str>,
    /// Debian packages of the final image.
    pub run: Vec<&'static str>,
    /// The dependencies, as facts.
    pub found: Vec<Found<String>>,
}

/// Looks through the manifests' dependencies; those that are compiled are looked for in the lockfile as well.
pub fn find(manifests: &[&JsonFile], lockfile: Option<&Lockfile>) -> Needs {
    let mut needs = Needs::default();
    for native in NATIVE {
        for package in native.packages {
            let direct = manifests.iter().find_map(|manifest| {
                let groups = ["dependencies", "optionalDependencies", "devDependencies"];
                let group = groups[..if native.compiled { 3 } else { 2 }].iter().find(|group| manifest.str(&[group, package]).is_some())?;
                Some((manifest.evidence(&[group, package], format!("depends on `{package}`")), *group))
            });
            let locked = || lockfile.filter(|file| native.compiled && native.run.is_empty() && file.holds(package)).map(|file| Evidence::at(&file.path, None, format!("holds `{package}`")));
            let Some((evidence, group)) = direct.or_else(|| locked().map(|evidence| (evidence, "dependencies"))) else { continue };
            if native.compiled {
                needs.build.extend(TOOLS.iter().chain(native.build));
            }
            if group != "devDependencies" {
                needs.run.extend(native.run);
                needs.found.push(Found::certain((*package).to_owned(), evidence));
            }
        }
    }
    for list in [&mut needs.build, &mut needs.run] {
        list.sort_unstable();
        list.dedup();
    }
    needs
}
