//! For each text in `repos.toml`: values that are right and wrong there.

use super::super::values::quoted;

/// A text in a file, with `VALUE` in its place, and values that are right and wrong there.
pub(super) struct Texts {
    pub(super) file: &'static str,
    pub(super) right: &'static [&'static str],
    pub(super) wrong: &'static [&'static str],
}

const URLS: (&[&str], &[&str]) = (
    &[
        "https://host/x.git",
        "ssh://git@host:22/x",
        "git@host:a/b.git",
        "file:///x y",
        "../x",
        "C:/x",
        "/x y",
        "${BASE}/web",
        "https://${USER}:${WORD:-a/b}@host/x",
        "http://[::1]:80/x",
        "git@host:a@b/x",
        "https://host/@me/x",
    ],
    &[
        "",
        "-x",
        "ext::sh",
        "ftp://host/x",
        "https://",
        "https:///x",
        "https://h/x?y",
        "https://h/x#y",
        "a\nb",
        "https://h/x y",
        "git@host:x y",
        "ssh://-o/x",
        "ssh://git@-o/x",
        "ssh://%2Do/x",
        "git@-h:x",
        "host:-x",
        "https://me:a/b@host/x",
        "me:word@host:x",
        "https://${1}/x",
        "https://${A",
        "${A:-${B}}",
        " /x",
    ],
);

const PATHS: (&[&str], &[&str]) = (
    &["oca", "./a//b/", "a b", "${DIR}", "${DIR:-oca}/x", "..a", "x/repos.toml", "a~b"],
    &[
        "",
        ".",
        "./",
        "././.",
        "/x",
        "C:x",
        "..",
        "../x",
        "a/../b",
        "a/.Git/b",
        ".git",
        "git~1 .",
        "a\\b",
        "a,b",
        "a\tb",
        "~/x",
        "./~me",
        "repos.toml",
        "./OCA.lock.json/x",
        ".gitignore.",
        "${",
        "${A-b}",
        "${A:-x/../y}",
        "${A}/../b",
    ],
);

const IMAGE: (&[&str], &[&str]) =
    (&["/mnt/x", "${ROOT}/x", "/a b"], &["", "mnt", "./x", "/a,b", "/a\u{200b}", "/${A", "${1}"]);

const BRANCHES: (&[&str], &[&str]) = (
    &["18.0", "18.0-fix/x", "é", "a@b", "x.locked"],
    &[
        "",
        "@",
        "HEAD",
        "-x",
        "/x",
        "x/",
        "x.",
        "a b",
        "a~b",
        "a^b",
        "a:b",
        "a?b",
        "a*b",
        "a[b",
        "a\\b",
        "a..b",
        "a@{b",
        "a//b",
        ".a",
        "a/.b",
        "x.lock",
        "x.lock/y",
        "refs/heads/x",
        "0123456789abcdef0123456789abcdef01234567",
        "a\u{202e}b",
    ],
);

const AGES: (&[&str], &[&str]) = (
    &["0", "7 days", "12h", "1 week 2 days", "90min", "0.5 days"],
    &["", "7", "days", "-1 day", "1 fortnight", "7 days ago"],
);

pub(super) const TEXTS: &[Texts] = &[
    texts(
        "odoo = VALUE",
        &["18.0", "9.0", "0.10"],
        &["", "18", "18.0.1", "018.0", "70000.0", "x.0", "18.0 "],
    ),
    texts(
        "requires-oca = VALUE",
        &[">=0.0.1", "*", ">=0.0.1, <100", "^0"],
        &["", "one", "0.0.1.2", ">=", "0 0"],
    ),
    both("base-url = VALUE", URLS),
    both("push-url = VALUE", URLS),
    both(
        "fetch-url = VALUE",
        (&["git@h:a/{name}.git", "https://h/${X:-{name}}"], &["ext::{name}", "https://h/${{name}}"]),
    ),
    both("repos.web.url = VALUE", URLS),
    both("core.enterprise = VALUE", URLS),
    both("path = VALUE", PATHS),
    both("core.path-themes = VALUE", PATHS),
    both("lock.cooldown = VALUE", AGES),
    both("repos.web.cooldown = VALUE", AGES),
    both("repos.web.branch = VALUE", BRANCHES),
    both("repos.web.tag = VALUE", BRANCHES),
    texts(
        "repos.web.rev = VALUE",
        &["0123456789abcdef0123456789abcdef01234567"],
        &["", "18.0", "0123456789abcdef"],
    ),
    texts(
        "repos.web.addons = [VALUE]",
        &[".", "./", "addons", "./a//b/", "a b/é", "..a"],
        &["", "..", "a/../b", "/a", "C:a", "a\\b", "a,b", ".git", "a/.GIT./b", "-x", "a/-b", "${A}", "a\nb"],
    ),
    texts(
        "repos.web.patches = [VALUE]",
        &["fix.patch", "./patches//fix,1.patch", "a b"],
        &["", ".", "..", "../x", "/x", "C:/x", "a\\b", ".git/x", "${A}", "a\u{ad}b"],
    ),
    texts(
        "repos.web.merges = [VALUE]",
        &[
            "#1",
            "18.0-fix",
            "refs/pull/1/head",
            "../x 18.0",
            " https://h/x  18.0 ",
            "0123456789abcdef0123456789abcdef01234567",
        ],
        &[
            "",
            " ",
            "#",
            "#0",
            "#x",
            "-x",
            "https://h/x",
            "a b c",
            "HEAD",
            "https://h/x HEAD",
            "a..b",
            "ext::x 18.0",
            "https://h/x refs/refs/x",
            "refs/",
            "ftp://h/x 18.0",
            "${A x",
            "/x .lock",
        ],
    ),
    texts(
        "repos.web.merges = [{ ref = VALUE }]",
        &["18.0-fix", "refs/pull/1/head", "0123456789abcdef0123456789abcdef01234567"],
        &["", "HEAD", "refs/", "refs/-x", "refs/refs/x", "refs/HEAD", "a b", "x.lock"],
    ),
    both("repos.web.merges = [{ ref = \"x\", url = VALUE }]", URLS),
    texts("repos.web.merges = [{ pr = 1, why = VALUE }]", &["", "it is urgent"], &["a\nb", "\u{200b}"]),
    texts(
        "repos.web.merges = [{ pr = 1, modules = [VALUE] }]",
        &["web_x", "a b", "Mödul", "l10n-x"],
        &["", ".", "..", "a/b", "a\\b", "-x", "a,b", ".git", ".GIT .", "a\u{1b}b"],
    ),
    texts(
        "profiles.p.modules = [VALUE]",
        &["web_x", "web-x >=1.0.3", "web ~1", "web>=18.0.1.0.3, <18.0.2.0.0", "web 1.0", "web *", "web =1.*"],
        &[
            "",
            "-x",
            "web x",
            "web !=1",
            "web >=",
            "web >=1,",
            "web 1.2.3.4",
            "web >=01",
            "web.x",
            "a/b",
            "wéb",
        ],
    ),
    texts("profiles.p.repos = [\"web\", VALUE]", &["a.b_c-d", "0", "com10", "auxiliary"], NO_NAMES),
    texts("find.repos = [VALUE]", &["a.b_c-d"], NO_NAMES),
    texts("profiles.p.repos = [VALUE]\nrepos.VALUE = {}", &["a.b_c-d", "com10"], NO_NAMES),
    texts("profiles.VALUE = {}", &["0.a_-"], &["", "a b", "-x", ".x", "é"]),
    texts("profiles.p.extends = [VALUE]", &[], &["", "a b", "-x", ".x", "é"]),
    both("image.root = VALUE", IMAGE),
    both("image.before = [VALUE]", IMAGE),
    texts(
        "image.core = VALUE",
        &["/opt/odoo", "${CORE}", "/a..b"],
        &["", "opt", "/", "/./", "/opt/../x", "/a,b", "/.."],
    ),
    texts("addons-path.before = [VALUE]", &["../x", "/x", "${HOME}/x", "a b"], &["", "a,b", "${", "a\nb"]),
    texts("local = [{ path = VALUE }]", &["addons", "../x", "."], &["", "a,b", "${A:=b}", "a\u{feff}"]),
    texts("requirements.python = VALUE", &["3.12", "3.12.4"], &["", "3", "3.12.4.5", "3.x", "123456.1"]),
    texts("requirements.constraints = [VALUE]", &["a,b.txt", "${A}/x"], &["", "${A", "a\nb"]),
    texts("requirements.ignore = [VALUE]", &["lxml", "deb:x", " x"], &["", " ", "a\u{200b}"]),
    texts(
        "requirements.override = [VALUE]",
        &[
            "lxml",
            "lxml==5.2.1",
            "a[b] >=1",
            "a @ https://h/a.whl",
            "a>=1; python_version<'3.9'",
            "lxml (>=1)",
        ],
        &["", "./x", "-e x", "https://h/a.whl", "==1", "git+https://h/x", "lxml#x"],
    ),
    texts("check.ignore = [VALUE]", &["OCA011", "web"], &["", "\t", "a\nb"]),
    texts("export.languages = [VALUE]", &["fr", "fr_CA", "sr@latin"], &["", "FR", "fr-CA", "f r", "é"]),
];

const NO_NAMES: &[&str] =
    &["", ".", "a/b", "-x", "a b", "é", "web.git", "x.GIT", "web.", "CON", "com1.x", "nul"];

const fn texts(file: &'static str, right: &'static [&str], wrong: &'static [&str]) -> Texts {
    Texts { file, right, wrong }
}

const fn both(file: &'static str, (right, wrong): (&'static [&str], &'static [&str])) -> Texts {
    Texts { file, right, wrong }
}

impl Texts {
    /// A file with a value in its place. It uses every repository and every profile.
    pub(super) fn with(&self, value: &str) -> String {
        let text = self.file.replace("VALUE", &quoted(value));
        let odoo = if text.starts_with("odoo") { "" } else { "odoo = \"18.0\"\n" };
        let profile = if text.contains("repos.web") { "\nprofiles.p.repos = [\"web\"]" } else { "" };
        format!("{odoo}{text}{profile}")
    }
}
