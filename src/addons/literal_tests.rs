//! What `literal` accepts and refuses; the expectations were taken from Python 3.11.

use proptest::prelude::*;

use super::literal::parse;
use super::problem::Place;
use super::value::{Int, Literal, Value};

fn literal(text: &str) -> Literal {
    parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {} {error}", error.at)).literal
}

fn refusal(text: &str) -> String {
    match parse(text.as_bytes()) {
        Ok(value) => format!("accepted: {value:?}"),
        Err(error) => format!("{} {error}", error.at),
    }
}

fn text(text: &str) -> Literal {
    Literal::Str(text.to_owned())
}

#[test]
fn texts_mean_what_they_mean_to_python() {
    for (source, expected) in [
        (r#""a""#, "a"),
        ("'a'", "a"),
        (r#"u"a" U'b'"#, "ab"),
        (r#"r"\d\"""#, r#"\d\""#),
        (r#""one," ' two'"#, "one, two"),
        ("(\"one\"\n  # between\n  \"two\")", "onetwo"),
        ("\"\"\"\n  a\r\n\r  b\n\"\"\"", "\n  a\n\n  b\n"),
        ("'''it's'''", "it's"),
        ("\"a\\\nb\"", "ab"),
        ("\"a\\\r\nb\"", "ab"),
        (r"'\'\\\n\t\x41\101\u00e9\U0001F600'", "'\\\n\tAA\u{e9}\u{1F600}"),
        (r"'\P\ \/\8'", r"\P\ \/\8"),
        ("'\\\u{6c34}'", "\\\u{6c34}"),
        (r"'\400'", "\u{100}"),
        (r"'\N{LATIN SMALL LETTER A}\N{bell}'", "a\u{1F514}"),
        (r"'\\ud800'", r"\ud800"),
        (r"r'\ud800'", r"\ud800"),
        ("'\u{1}\u{a0}\u{2028}'", "\u{1}\u{a0}\u{2028}"),
        ("'<<<<<<< HEAD'", "<<<<<<< HEAD"),
        ("'''\n<<<<<<< HEAD\n'''", "\n<<<<<<< HEAD\n"),
    ] {
        assert_eq!(literal(source), text(expected), "{source}");
    }
    assert_eq!(literal(r#"rb"\n" B'\n\400\x41\u'"#), Literal::Bytes(b"\\n\n\0A\\u".to_vec()));
}

#[test]
fn numbers_mean_what_they_mean_to_python() {
    let int = |text| Literal::Int(Int::parse(text).expect("an int"));
    let negative = |text| Literal::Int(Int::parse(text).expect("an int").negated());
    let complex = |real, imaginary| Literal::Complex { real, imaginary };
    for (source, expected) in [
        ("100", int("100")),
        ("1_0", int("10")),
        ("0_0", int("0")),
        ("0x_fF", int("255")),
        ("-1", negative("1")),
        ("-(1)", negative("1")),
        ("+1", int("1")),
        ("-0", int("0")),
        ("1.", Literal::Float(1.0)),
        (".5", Literal::Float(0.5)),
        ("09.5", Literal::Float(9.5)),
        ("1_0e-1_0", Literal::Float(1e-9)),
        ("-1e999", Literal::Float(f64::NEG_INFINITY)),
        ("1J", complex(0.0, 1.0)),
        ("1+2j", complex(1.0, 2.0)),
        ("-1.5 - 2j", complex(-1.5, -2.0)),
        ("(-1)+(2j)", complex(-1.0, 2.0)),
        ("0777j", complex(0.0, 777.0)),
    ] {
        assert_eq!(literal(source), expected, "{source}");
    }
    assert_eq!(literal(&"0".repeat(5000)), int("0"));
    assert!(matches!(literal(&"1".repeat(4300)), Literal::Int(_)));
    assert!(matches!(literal(&format!("0x{}", "f".repeat(9000))), Literal::Int(_)));
}

#[test]
fn the_sign_of_a_zero_is_pythons() {
    for (source, real, imaginary) in
        [("-0j", -0.0, -0.0), ("0-0j", 0.0, 0.0), ("-0.0+0j", 0.0, 0.0), ("-0.0-0j", -0.0, 0.0_f64)]
    {
        let Literal::Complex { real: r, imaginary: i } = literal(source) else { panic!("{source}") };
        let signs = |a: f64, b: f64| (a.is_sign_negative(), b.is_sign_negative());
        assert_eq!(signs(r, i), signs(real, imaginary), "{source}");
    }
}

#[test]
fn containers_and_names_mean_what_they_mean_to_python() {
    for (source, same) in [
        ("{'a': 1, 'b': 2, 'a': 3}", "{'a': 3, 'b': 2}"),
        ("{1: 'a', True: 'b', 1.0: 'c', 1+0j: 'd'}", "{1: 'd'}"),
        ("{0, False, 0.0, -0.0, 0j}", "{0}"),
        ("{(1, 'a'), (True, 'a')}", "{(1, 'a')}"),
        ("1, 2", "(1, 2)"),
        ("1,", "(1,)"),
        ("('a')", "'a'"),
        ("(set)()", "set()"),
        ("set ( # none\n)", "set()"),
        ("[None, True, False, ...,]", "[None,True,False,...]"),
    ] {
        assert_eq!(literal(source), literal(same), "{source}");
    }
    assert_eq!(literal("()"), Literal::Tuple(Vec::new()));
    assert_eq!(literal("set()"), Literal::Set(Vec::new()));
    assert_ne!(literal("{'1': 0, 1: 0, b'1': 0}"), literal("{1: 0}"));
}

#[test]
fn blanks_and_comments_may_stand_where_python_lets_them() {
    for source in [
        " \t[]",
        "\n[]",
        "  \n[]",
        "\x0c[]",
        "\n \x0c[]",
        "\\\n[]",
        "[\\\n]",
        "[]\n  # c",
        "[]\n  \n",
        "[]\n \x0c",
        "[] # c\n\t# d\n        # e",
        "[]\\\n  ",
        "#\u{a0}\u{a9}\n\n[]#",
        "[]\r\n",
        "# -*- coding: latin-1 -*-\r[]",
    ] {
        assert_eq!(literal(source), Literal::List(Vec::new()), "{source:?}");
    }
}

#[test]
fn a_manifest_as_people_write_it() {
    let source = "\
        # Copyright \u{a9} 2020\u{a0}Somebody\n# License AGPL-3\n\n\
        {\n    \"author\": \"Somebody, \"\n    \"Odoo Community Association (OCA)\",\n    \
        \"summary\": \"\"\"\n    Two\n    lines\"\"\",\n    # in the dict\n    \"sequence\": 100,\n    \
        \"assets\": {\"web\": [(\"include\", \"x\"), \"a/\" \"b\"], \"other\": {\"c\"}},\n}\n";
    let same = r#"{"author": "Somebody, Odoo Community Association (OCA)", "summary": "\n    Two\n    lines",
        "sequence": 100, "assets": {"web": [("include", "x"), "a/b"], "other": {"c"}}}"#;
    assert_eq!(literal(source), literal(same));
}

#[test]
fn what_is_no_literal_is_refused_by_name_and_place() {
    for (source, expected) in [
        ("dict(a=1)", "1:1 a manifest may hold literals only; here stands a call `dict(…)`"),
        ("{'a':\n  x}", "2:3 a manifest may hold literals only; here stands a name `x`"),
        ("{'a': 'b' % 1}", "1:11 a manifest may hold literals only; here stands the operator `%`"),
        ("'a' + 'b'", "1:5 a manifest may hold literals only; here stands the operator `+`"),
        ("1 + 1", "1:1 a manifest may hold literals only; here stands the operator `+`"),
        ("1j + 1", "1:1 a manifest may hold literals only; here stands the operator `+`"),
        ("1 + -2j", "1:1 a manifest may hold literals only; here stands the operator `+`"),
        ("- -1", "1:1 a manifest may hold literals only; here stands the operator `-`"),
        ("-True", "1:1 a manifest may hold literals only; here stands the operator `-`"),
        ("[1 if 1 else 2]", "1:4 a manifest may hold literals only; here stands the keyword `if`"),
        ("import os", "1:1 a manifest may hold literals only; here stands the keyword `import`"),
        ("[f'a']", "1:2 a manifest may hold literals only; here stands an f-string"),
        ("{**{}}", "1:2 a manifest may hold literals only; here stands the operator `**`"),
        ("[*[]]", "1:2 a manifest may hold literals only; here stands the operator `*`"),
        ("[1][0]", "1:4 a manifest may hold literals only; here stands a subscript `[…]`"),
        ("''()", "1:3 a manifest may hold literals only; here stands a call `(…)`"),
        ("set([])", "1:1 a manifest may hold literals only; here stands a call `set(…)`"),
        ("$depends", "1:1 a manifest may hold literals only; here stands the character `$`"),
        ("{}\u{a0}", "1:3 a manifest may hold literals only; here stands the character `U+00A0`"),
        ("../shelf/__manifest__.py", "1:1 a manifest may hold literals only; here stands the operator `..`"),
        ("{\n<<<<<<< HEAD\n}", "2:1 conflict markers of a git merge"),
        ("{\n=======\n}", "2:1 conflict markers of a git merge"),
        ("\u{feff}{}", "1:1 the file begins with a byte order mark"),
        ("{'a': 1}\n    'b': 2}", "2:11 not valid Python: `}` closes no bracket that is open here"),
        ("{'a': [1}", "1:9 not valid Python: `}` closes no bracket that is open here"),
        ("{'a': 1\n 'b': 2}", "2:2 not valid Python: expected `,`, found string"),
        ("{'a': 1", "1:1 the bracket that begins here is not closed"),
        ("{'a': 'b\n}", "1:7 the string that begins here is not closed"),
        ("{}\n   ", "2:1 unexpected indentation"),
        ("{[1]: 2}", "1:2 `list` cannot be a key of a dict nor a member of a set"),
        ("{1, ({},)}", "1:5 `dict` cannot be a key of a dict nor a member of a set"),
        (r"'\ud83d'", r"1:2 the escape `\ud83d` is half of a surrogate pair, which is no character"),
        (r"'\U0000DFFF'", r"1:2 the escape `\U0000DFFF` is half of a surrogate pair, which is no character"),
        ("0xg", "1:1 not valid Python: `0xg` is no number"),
        ("1or 2", "1:1 not valid Python: `1or` is no number"),
    ] {
        assert_eq!(refusal(source), expected, "{source}");
    }
    let long = "1".repeat(4301);
    assert_eq!(refusal(&format!("[{long}]")), "1:2 the number is too large");
    assert_eq!(refusal(&format!("1{}+1j", "0".repeat(400))), "1:1 the number is too large");
}

#[test]
fn what_python_refuses_is_refused() {
    for source in [
        "",
        " ",
        "\n",
        "#",
        "\n {}",
        "#c\n  {}",
        " #c\n {}",
        "\\\n {}",
        "\x0c {}",
        "{}\n\t",
        "{}\n\\\n ",
        "{}\n \\\n\x0c",
        "{}\\\n",
        "{}\\",
        "[\\ \n]",
        "{}\n;",
        "{};",
        "{} {}",
        "(,)",
        "[,]",
        "{,}",
        "[1,,]",
        "[1 2]",
        "{1: 2, 3}",
        "{1, 2: 3}",
        "[1:2]",
        "01",
        "0_7",
        "1_",
        "1__0",
        "0b2",
        "0o8",
        "0x",
        "1e_5",
        "1._5",
        "1.2.3",
        "1...",
        "1jj",
        "1 +\n2j",
        "'a'\n'b'",
        "'a' b'b'",
        "ur'a'",
        "t''",
        "b'\u{e9}'",
        r"'\x4'",
        r"'\u12'",
        r"'\U00110000'",
        r"'\N{}'",
        r"'\N{A'",
        r"'\N{NO SUCH NAME}'",
        "true",
        "Ellipsis",
        "__debug__",
        "set",
        "set()()",
        "[x for x in []]",
        "lambda: 1",
        "not 1",
        "~1",
        "1 < 2",
        "a.b",
        "(yield)",
        "{}\x0b",
        "{}\x1a",
        "{}\u{feff}",
        "`a`",
        "?",
        "!",
    ] {
        assert!(parse(source.as_bytes()).is_err(), "{source:?}");
    }
}

/// On the stack of a rayon thread, also without optimisation.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(test).expect("a thread");
    thread.join().expect("no panic");
}

#[test]
fn nesting_and_chains_need_little_stack() {
    on_a_small_stack(|| {
        for (open, middle, close) in
            [("[", "", "]"), ("(", "1", ")"), ("{1:", "{}", "}"), ("(", "-1-2j", ",)"), ("[set(),", "1", "]")]
        {
            let nested = |depth: usize| open.repeat(depth) + middle + &close.repeat(depth);
            assert!(parse(nested(199).as_bytes()).is_ok(), "{open}");
            for depth in [202, 1000, 60_000] {
                assert!(refusal(&nested(depth)).contains("nested too deeply"), "{open}");
            }
        }
        for link in [
            "- ",
            "1+",
            "1 or ",
            "1or ",
            "not ",
            "~",
            "a.",
            "lambda: ",
            "1 if 1 else ",
            "f()",
            "set(set)",
            "(set)()",
            "set()",
            "[0]",
            "''[0]",
            "1**",
            "1<",
            "await ",
            "*",
            "x:=",
            "{}",
            "1 2",
            "f'{",
            "'a'%",
            "1:",
            "-1-2j",
        ] {
            let chain = link.repeat((1 << 20) / link.len() - 1) + "1";
            assert!(parse(chain.as_bytes()).is_err(), "{link}");
        }
    });
}

#[test]
fn a_mebibyte_takes_no_long() {
    let fill = |item: &str| item.repeat(((1 << 20) - 2) / item.len());
    for source in [fill("1,"), fill("'a' "), fill("#\n") + "1", format!("{{{}}}", fill("(),")), fill("-1j,")]
    {
        assert!(parse(source.as_bytes()).is_ok(), "{}", &source[..8]);
    }
    assert_eq!(refusal(&" ".repeat(1 << 21)), "1:1 the file is longer than 1 MiB; no manifest is");
}

fn any_value() -> impl Strategy<Value = Literal> {
    let leaf = prop_oneof![
        Just(Literal::None),
        any::<bool>().prop_map(Literal::Bool),
        any::<u64>().prop_map(|int| Literal::Int(Int::parse(&int.to_string()).expect("an int"))),
        any::<u64>().prop_map(|int| Literal::Int(Int::parse(&int.to_string()).expect("an int").negated())),
        (-1e300..1e300).prop_map(Literal::Float),
        any::<String>().prop_map(Literal::Str),
        proptest::collection::vec(any::<u8>(), 0..8).prop_map(Literal::Bytes),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let placed = inner.prop_map(|literal| Value { literal, at: Place::START });
        let many = proptest::collection::vec(placed.clone(), 0..5);
        prop_oneof![
            many.clone().prop_map(Literal::List),
            many.prop_map(Literal::Tuple),
            proptest::collection::btree_map(any::<String>(), placed, 0..5).prop_map(|items| {
                let key = |text| Value { literal: Literal::Str(text), at: Place::START };
                Literal::Dict(items.into_iter().map(|(text, value)| (key(text), value)).collect())
            }),
            proptest::collection::btree_set(any::<String>(), 1..5).prop_map(|members| {
                let member = |text| Value { literal: Literal::Str(text), at: Place::START };
                Literal::Set(members.into_iter().map(member).collect())
            }),
        ]
    })
}

/// As `repr` of Python would write it, or near enough to be read back.
fn rendered(literal: &Literal) -> String {
    let all = |items: &[Value]| items.iter().map(|item| rendered(&item.literal) + ",").collect::<String>();
    match literal {
        Literal::None => "None".to_owned(),
        Literal::Bool(true) => "True".to_owned(),
        Literal::Bool(false) => "False".to_owned(),
        Literal::Int(int) => int.to_string(),
        Literal::Float(float) => format!("{float:e}"),
        Literal::Str(text) => {
            let escaped = |c| match c {
                '"' | '\\' => format!("\\{c}"),
                '\0' | '\r' | '\n' => format!("\\x{:02x}", u32::from(c)),
                _ => c.to_string(),
            };
            format!("\"{}\"", text.chars().map(escaped).collect::<String>())
        }
        Literal::Bytes(bytes) => {
            format!("b'{}'", bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat())
        }
        Literal::List(items) => format!("[{}]", all(items)),
        Literal::Tuple(items) => format!("({})", all(items)),
        Literal::Set(items) => format!("{{{}}}", all(items)),
        Literal::Dict(items) => {
            let item = |(key, value): &(Value, Value)| {
                format!("{}: {},\n", rendered(&key.literal), rendered(&value.literal))
            };
            format!("{{{}}}", items.iter().map(item).collect::<String>())
        }
        Literal::Ellipsis | Literal::Complex { .. } => unreachable!("not made above"),
    }
}

/// Reads each file `NAME.py` in the directory that `OCA_MANIFESTS` names, and writes into `NAME.out` what was read, to
/// be compared by Python.
#[test]
#[ignore = "`tests/bench/manifests.py` runs it, and has the manifests"]
#[expect(clippy::disallowed_methods, reason = "the way back to the script")]
fn real_manifests() {
    let directory = std::env::var_os("OCA_MANIFESTS").expect("`OCA_MANIFESTS` names a directory");
    let files =
        std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    for file in files.filter(|file| file.extension().is_some_and(|ending| ending == "py")) {
        let text = match parse(&std::fs::read(&file).expect("a manifest")) {
            Ok(value) => rendered(&value.literal),
            Err(error) => format!("{} {error}", error.at),
        };
        std::fs::write(file.with_extension("out"), text).expect("the text can be written");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, text: String, soup in "[-+\\[\\](){},:'\"\\\\bruf01eEjx_. \n\r\t#a]{0,40}") {
        for source in [bytes.as_slice(), text.as_bytes(), soup.as_bytes()] {
            let _outcome = parse(source);
        }
    }

    #[test]
    fn a_rendered_value_is_read_back(value in any_value()) {
        prop_assert_eq!(literal(&rendered(&value)), value);
    }
}
