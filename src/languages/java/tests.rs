//! Java as a whole: from files to the Dockerfile.

use super::*;
use crate::settings::Answers;

fn services(files: &[(&str, &str)]) -> Vec<Box<dyn Detected>> {
    Java.detect(&Project::from_files(files.iter().copied())).unwrap()
}

fn dockerfile(files: &[(&str, &str)], answers: &[(&str, &str)]) -> Result<String> {
    let project = Project::from_files(files.iter().copied());
    let detected = Java.detect(&project)?.remove(0);
    let mut given = Answers::default();
    answers.iter().for_each(|(key, value)| given.insert(key, (*value).to_owned()));
    let plan = detected.plan(&given.over(detected.facts())?)?;
    let files = crate::render::render(&plan, &project)?;
    crate::prove::prove(&plan, &project, &files)?;
    Ok(files.into_iter().find(|file| file.path.ends_with("Dockerfile")).map(|file| file.text).unwrap_or_default())
}

const MAIN: &str = "public class Main { public static void main(String[] args) {} }";
const BOOT: &str = "<parent><artifactId>spring-boot-starter-parent</artifactId><version>VERSION</version><relativePath/></parent>
    <artifactId>shop</artifactId><dependencies><dependency><groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-web</artifactId></dependency></dependencies><build><plugins><plugin>
    <groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build>";

fn boot(version: &str) -> String {
    format!("<project>{}</project>", BOOT.replace("VERSION", version))
}

#[test]
fn e11_only_what_exists_is_copied_and_nothing_of_it_is_ignored() {
    let pom = boot("4.0.7");
    let text = dockerfile(&[("pom.xml", &pom), ("src/main/java/Main.java", MAIN)], &[]).unwrap();
    assert!(text.contains("COPY pom.xml ./\n") && !text.contains("mvnw") && !text.contains(".mvn"));
    let wrapper = [("pom.xml", pom.as_str()), ("mvnw", ""), (".mvn/maven.config", "-T1\n"), ("src/main/java/Main.java", MAIN)];
    assert!(dockerfile(&wrapper, &[]).unwrap().contains("COPY .mvn/maven.config ./.mvn/\n"));
}

#[test]
fn each_spring_boot_is_taken_apart_in_its_own_way() {
    for (version, step, start) in [
        ("2.3.0.RELEASE", "jar -xf /app/app.jar", "org.springframework.boot.loader.JarLauncher"),
        ("3.1.0", "-Djarmode=layertools", "org.springframework.boot.loader.JarLauncher"),
        ("3.2.5", "-Djarmode=layertools", "org.springframework.boot.loader.launch.JarLauncher"),
        ("4.0.7", "-Djarmode=tools", "\"-jar\", \"app.jar\""),
    ] {
        let text = dockerfile(&[("pom.xml", &boot(version)), ("src/main/java/Main.java", MAIN)], &[]).unwrap();
        assert!(text.contains(step) && text.contains(start), "{version}: {text}");
    }
}

#[test]
fn a_spring_archive_is_unpacked_and_launched() {
    let pom = boot("3.5.7").replace("<dependencies>", "<packaging>war</packaging><dependencies>");
    let text = dockerfile(&[("pom.xml", &pom), ("src/main/java/Main.java", MAIN)], &[]).unwrap();
    assert!(text.contains("jar -xf /app/app.war") && text.contains("org.springframework.boot.loader.launch.WarLauncher"), "{text}");
}

#[test]
fn every_line_has_images_for_building_and_running() {
    for line in version::LINES {
        let release = format!("<project><artifactId>x</artifactId><properties><java.version>{line}</java.version></properties></project>");
        let line = line.to_string();
        let text = dockerfile(&[("pom.xml", &release), ("src/main/java/Main.java", MAIN)], &[("version", &line)]).unwrap();
        assert!(text.contains(&format!("java{line}-debian13")) || text.contains(&format!("FROM eclipse-temurin:{line}")), "{text}");
    }
}

#[test]
fn hostile_names_stay_text() {
    let pom = "<project><artifactId>a b;$(rm -rf .)</artifactId></project>";
    let text = dockerfile(&[("pom.xml", pom), ("src/main/java/Main.java", MAIN)], &[]).unwrap();
    assert!(text.contains("mv target/'a b;$(rm -rf .)-'*.jar /app/app.jar") || text.contains("mv 'target/a b;$(rm -rf .)-'*.jar /app/app.jar"), "{text}");
}

#[test]
fn a_library_and_a_web_archive_say_what_is_missing() {
    let library = dockerfile(&[("pom.xml", "<project><artifactId>x</artifactId></project>"), ("src/main/java/A.java", "class A {}")], &[]);
    assert_eq!(library.unwrap_err().exit, Exit::AnswerMissing);
    let archive = services(&[("pom.xml", "<project><artifactId>x</artifactId><packaging>war</packaging></project>")]);
    assert_eq!(archive[0].supported().unwrap_err().exit, Exit::Unsupported);
}

#[test]
fn a_server_of_node_beside_a_build_that_serves_nothing_wins() {
    let pom = ("pom.xml", "<project><artifactId>x</artifactId></project>");
    let main = ("src/main/java/Main.java", MAIN);
    assert!(services(&[pom, main, ("package.json", "{\"dependencies\": {\"express\": \"5\"}}")]).is_empty());
    assert_eq!(services(&[pom, main, ("package.json", "{\"devDependencies\": {\"vite\": \"7\"}}")]).len(), 1);
}
