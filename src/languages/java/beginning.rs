//! What a Java project looks like at first.

use crate::begin::Beginning;

pub const BEGINNINGS: &[Beginning] = &[Beginning {
    language: "java",
    framework: "spring-boot",
    port: Some(8080),
    files: &[
        (
            "pom.xml",
            "<project>\n  <modelVersion>4.0.0</modelVersion>\n  <parent>\n    <groupId>org.springframework.boot</groupId>\n    <artifactId>spring-boot-starter-parent</artifactId>\n    <version>4.0.7</version>\n  </parent>\n  <groupId>com.example</groupId>\n  <artifactId>{name}</artifactId>\n  <version>0.1.0</version>\n  <properties>\n    <java.version>21</java.version>\n  </properties>\n  <dependencies>\n    <dependency>\n      <groupId>org.springframework.boot</groupId>\n      <artifactId>spring-boot-starter-webmvc</artifactId>\n    </dependency>\n    <dependency>\n      <groupId>org.springframework.boot</groupId>\n      <artifactId>spring-boot-starter-actuator</artifactId>\n    </dependency>\n  </dependencies>\n  <build>\n    <plugins>\n      <plugin>\n        <groupId>org.springframework.boot</groupId>\n        <artifactId>spring-boot-maven-plugin</artifactId>\n      </plugin>\n    </plugins>\n  </build>\n</project>\n",
        ),
        ("src/main/resources/application.properties", "server.port=${PORT:{port}}\n"),
        ("src/main/java/Application.java", "@SpringBootApplication\nclass Application {\n    public static void main(String[] args) {}\n}\n"),
    ],
    expects: "`pom.xml` with Spring Boot, its actuator and its Maven plugin, and the port {port}",
}];
