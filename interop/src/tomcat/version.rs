//! Which Tomcat: where Debian's packages keep it, and what its applications are written against.

use std::path::Path;
use std::process::Command;

/// The jars of Tomcat 9 that a node with a cluster and one servlet needs, as `libtomcat9-java` names them.
const JARS_9: [&str; 14] = [
    "juli",
    "catalina",
    "catalina-ha",
    "tribes",
    "coyote",
    "api",
    "util",
    "util-scan",
    "jni",
    "servlet-api",
    "el-api",
    "jsp-api",
    "annotations-api",
    "jaspic-api",
];

/// A Tomcat that Debian packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TomcatVersion {
    /// 10.1, in `tomcat10-common`: servlets of `jakarta.servlet`.
    V10,
    /// 9.0, in `libtomcat9-java`: servlets of `javax.servlet`. The package is a library, so it has jars and no installation.
    V9,
}

impl TomcatVersion {
    /// The installation, where there is one.
    pub fn home(self) -> Option<&'static Path> {
        match self {
            Self::V10 => Some(Path::new("/usr/share/tomcat10")),
            Self::V9 => None,
        }
    }

    /// Whether this machine has what a node takes: Tomcat itself, a JVM and a compiler.
    pub fn is_installed(self) -> bool {
        let runs =
            |program: &str| Command::new(program).arg("-version").output().is_ok_and(|done| done.status.success());
        let jars_there = self.boot_class_path().split(':').all(|jar| Path::new(jar).exists());
        jars_there && runs("java") && runs("javac")
    }

    /// What the JVM is started with. An installation's own loader finds the rest there.
    pub fn boot_class_path(self) -> String {
        match self {
            Self::V10 => "/usr/share/tomcat10/bin/bootstrap.jar:/usr/share/tomcat10/bin/tomcat-juli.jar".to_owned(),
            Self::V9 => JARS_9.map(|jar| format!("/usr/share/java/tomcat9-{jar}.jar")).join(":"),
        }
    }

    /// What applications are compiled against.
    pub(super) fn compile_class_path(self) -> String {
        match self {
            Self::V10 => "/usr/share/tomcat10/lib/*".to_owned(),
            Self::V9 => self.boot_class_path(),
        }
    }

    /// Where Tomcat's own loader looks for classes beside the JVM's class path.
    pub(super) fn common_loader(self) -> &'static str {
        match self {
            Self::V10 => r#""${catalina.home}/lib","${catalina.home}/lib/*.jar""#,
            Self::V9 => "",
        }
    }

    /// A source or a descriptor for Tomcat 10.1 as this version wants it: the packages and the schema have other names in Tomcat 9.
    pub(super) fn translated(self, text: &str) -> String {
        match self {
            Self::V10 => text.to_owned(),
            Self::V9 => text.replace("jakarta.servlet", "javax.servlet").replace(
                "https://jakarta.ee/xml/ns/jakartaee\" version=\"6.0\"",
                "http://xmlns.jcp.org/xml/ns/javaee\" version=\"4.0\"",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_tomcat_has_other_names() {
        let descriptor = r#"<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">"#;
        assert_eq!(
            TomcatVersion::V9.translated(descriptor),
            r#"<web-app xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="4.0">"#
        );
        assert_eq!(TomcatVersion::V9.translated("import jakarta.servlet.http.X;"), "import javax.servlet.http.X;");
        assert_eq!(TomcatVersion::V10.translated(descriptor), descriptor);
    }
}
