//! What `literal` accepts and refuses. The expected values are those of Python 3.11.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use super::literal::parse;
use super::value::{Literal, Value};

fn literal(text: &str) -> Literal {
    parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {} {error}", error.line)).literal
}

fn refusal(text: &str) -> String {
    match parse(text.as_bytes()) {
        Ok(value) => format!("accepted: {value:?}"),
        Err(error) => format!("{} {error}", error.line),
    }
}

#[test]
fn strings_are_read_as_in_python() {
    for (source, expected) in [
        (r#""a""#, "a"),
        ("''", ""),
        (r#"u"a" U'b'"#, "ab"),
        (r#"r"\d\"""#, r#"\d\""#),
        ("R'\\\n'", "\\\n"),
        (r#""one," ' two'"#, "one, two"),
        ("\"one\"\n  # between\n  \"two\"", "onetwo"),
        ("'one' \\\n 'two'", "onetwo"),
        ("\"\"\"\n  a\r\n\r  b\n\"\"\"", "\n  a\n\n  b\n"),
        ("'''it's '' here'''", "it's '' here"),
        ("'''''''it'", "it"),
        ("\"a\\\nb\"", "ab"),
        ("\"a\\\r\nb\"", "ab"),
        (r"'\'\\\n\t\x41\101\u00e9\U0001F600\0'", "'\\\n\tAA\u{e9}\u{1F600}\0"),
        (r#"'\a\b\f\r\v\"\1011'"#, "\x07\x08\x0c\r\x0b\"A1"),
        (r"'\P\ \/\8'", r"\P\ \/\8"),
        ("'\\\u{6c34}'", "\\\u{6c34}"),
        (r"'\400'", "\u{100}"),
        (r"'\\ud800\\'", r"\ud800\"),
        (r"r'\ud800\N'", r"\ud800\N"),
        ("'\u{1}\u{a0}\u{2028}'", "\u{1}\u{a0}\u{2028}"),
        ("'<<<<<<< HEAD'", "<<<<<<< HEAD"),
    ] {
        assert_eq!(literal(&format!("({source})")), Literal::Str(expected.to_owned()), "{source}");
    }
}

#[test]
fn numbers_are_read_as_in_python() {
    for (source, expected) in [
        ("100", Literal::Int(100)),
        ("000", Literal::Int(0)),
        ("-1", Literal::Int(-1)),
        ("-0", Literal::Int(0)),
        ("-9223372036854775808", Literal::Int(i64::MIN)),
        ("1.", Literal::Float(1.0)),
        (".5", Literal::Float(0.5)),
        ("-.5", Literal::Float(-0.5)),
        ("09.5", Literal::Float(9.5)),
        ("1e5", Literal::Float(1e5)),
        ("10.E-10", Literal::Float(1e-9)),
        ("9007199254740993.0", Literal::Float(9_007_199_254_740_992.0)),
        ("-1e999", Literal::Float(f64::NEG_INFINITY)),
    ] {
        assert_eq!(literal(source), expected, "{source}");
    }
}

#[test]
fn brackets_and_names_are_read_as_in_python() {
    for (source, same) in [
        ("{'a': 1, 'b': 2, 'a': 3}", "{'a': 3, 'b': 2}"),
        ("{'a', 'b', 'a'}", "{'a', 'b'}"),
        ("{('a'): ('b')}", "{'a': 'b'}"),
        ("('a')", "'a'"),
        ("((1),)", "(1,)"),
        ("[None, True, False, ()\n,]", "[None,True,False,()]"),
        ("{'a' : # c\n [ ] , }", "{'a':[]}"),
    ] {
        assert_eq!(literal(source), literal(same), "{source}");
    }
    assert_eq!(literal("{}"), Literal::Dict(Vec::new()));
    assert_eq!(literal("()"), Literal::Tuple(Vec::new()));
    for (one, other) in [("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"), ("[1]", "[1.0]"), ("[1]", "(1,)")] {
        assert_ne!(literal(one), literal(other));
    }
}

#[test]
fn blanks_and_comments_are_allowed_as_in_python() {
    for source in [
        " \t[]",
        "\n[]",
        "  \n[]",
        "[\\\n]",
        "[]\n  # c",
        "[]\n  \n",
        "[] # c\n\t# d\n        # e",
        "[]  ",
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
fn forbidden_python_is_named() {
    for (source, what) in [
        ("dict(a=1)", "the call `dict(…)`"),
        ("set ()", "the call `set(…)`"),
        ("import os", "the word `import`"),
        ("[1 if 1 else 2]", "the word `if`"),
        ("{'a': true}", "the word `true`"),
        ("{'a': 'b' % 1}", "the operator `%`"),
        ("{'a': 'b' + 'c'}", "the operator `+`"),
        ("1 + 2j", "the operator `+`"),
        ("+1", "the operator `+`"),
        ("- 1", "the operator `-`"),
        ("-True", "the operator `-`"),
        ("{**{}}", "the operator `**`"),
        ("[*[]]", "the operator `*`"),
        ("...", "the operator `..`"),
        ("../shelf/__manifest__.py", "the operator `..`"),
        ("[f'a']", "an f-string"),
        ("Rf''", "an f-string"),
        ("['a' b'c']", "bytes"),
        ("rB'''a'''", "bytes"),
        ("$depends", "the character `$`"),
        ("{}\u{a0}", "the character `U+00A0`"),
        ("\x0c{}", "the character `U+000C`"),
        ("{}\\\n", "the character `\\`"),
        (r"'\ud83d\ude00'", r"the escape `\ud83d`: it is not a character"),
        (r"'\U00110000'", r"the escape `\U00110000`: it is not a character"),
        (r"'\x4'", r"the escape `\x` without 2 hexadecimal digits"),
        (r"'\u+123'", r"the escape `\u` without 4 hexadecimal digits"),
        (r"'\N{BULLET}'", r"the escape `\N`"),
    ] {
        assert_eq!(refusal(source), format!("1 a manifest must not contain {what}"), "{source}");
    }
    assert_eq!(refusal("{'a':\n'''\n''', #\n  x}"), "4 a manifest must not contain the word `x`");
    let long = refusal(&"x".repeat(1 << 19));
    assert!(long.len() < 400, "{long}");
}

#[test]
fn what_python_refuses_is_refused_with_the_reason() {
    for (source, expected) in [
        ("", "1 expected a value, found the end of the file"),
        ("#c\n", "2 expected a value, found the end of the file"),
        ("{'a': 1\n 'b': 2}", "2 expected `,` or `}`, found a string"),
        ("{'a': 'b'\n 'c': 2}", "2 expected `,` or `}`, found `:`"),
        ("{'a': [1}", "1 expected `,` or `]`, found `}`"),
        ("{'a': 1}\n    'b': 2}", "2 expected the end of the file, found a string"),
        ("{'a': 1},", "1 expected the end of the file, found `,`"),
        ("{'a': 1}}", "1 expected the end of the file, found `}`"),
        ("{'a': 1, 'b'}", "1 expected `:`, found `}`"),
        ("{'a', 'b': 1}", "1 expected `,` or `}`, found `:`"),
        ("[1 2]", "1 expected `,` or `]`, found a number"),
        ("[1 None]", "1 expected `,` or `]`, found `None`"),
        ("{,}", "1 expected a value, found `,`"),
        ("[1,,]", "1 expected a value, found `,`"),
        ("[1:2]", "1 expected `,` or `]`, found `:`"),
        ("[1][0]", "1 expected the end of the file, found `[`"),
        ("('a')('b')", "1 expected the end of the file, found `(`"),
        ("('a') 'b'", "1 expected the end of the file, found a string"),
        ("'a'\n'b'", "2 expected the end of the file, found a string"),
        ("{'a': 1,\n[", "2 the bracket that begins here is not closed"),
        ("{'a': 'b\n}", "1 the string that begins here is not closed"),
        ("{'a':\n'''b\n''}", "2 the string that begins here is not closed"),
        ("'\\", "1 the string that begins here is not closed"),
        ("{\n<<<<<<< HEAD\n}", "2 the file has conflict markers of a git merge"),
        ("{'a': 1,\n=======\n}", "2 the file has conflict markers of a git merge"),
        ("\n {}", "2 unexpected indentation; remove the blanks from this line"),
        (" #c\n\t{}", "2 unexpected indentation; remove the blanks from this line"),
        ("{}\n   ", "2 unexpected indentation; remove the blanks from this line"),
        ("{[1]: 2}", "1 a key of a dict must be a string, not `list`"),
        ("{'a': 1,\n True: 2}", "2 a key of a dict must be a string, not `bool`"),
        ("{1}", "1 a member of a set must be a string, not `int`"),
        ("{'a',\n ('b',)}", "2 a member of a set must be a string, not `tuple`"),
    ] {
        assert_eq!(refusal(source), expected, "{source}");
    }
}

#[test]
fn numbers_that_are_refused_are_shown() {
    let numbers = "01 0_7 1_000 1_ 0b1 0o7 0xff 1e_5 1e 1e+ 1.2.3 1... 1j 1or 1.real -01 0xe-1 1\u{0663} \
                   9223372036854775808";
    for number in numbers.split(' ') {
        let why = "is not a number that a manifest can contain; write a number such as `10`, `-5` or `0.5`";
        assert_eq!(refusal(&format!("[\n{number} , 1]")), format!("2 `{number}` {why}"));
    }
    assert!(refusal(&"1".repeat(1 << 19)).len() < 500);
}

/// On a stack of 256 KiB, also without optimisation.
#[test]
fn nesting_and_chains_need_little_stack() {
    let test = || {
        for (open, middle, close) in
            [("[", "", "]"), ("(", "1", ")"), ("{'a':", "{}", "}"), ("(", "-1", ",)")]
        {
            let nested = |depth: usize| open.repeat(depth) + middle + &close.repeat(depth);
            assert!(parse(nested(31).as_bytes()).is_ok(), "{open}");
            for depth in [33, 1000, 30_000, 150_000] {
                let expected = "1 a manifest must not nest brackets more than 32 deep";
                assert_eq!(refusal(&nested(depth)), expected, "{open}");
                assert_eq!(refusal(&open.repeat(depth)), expected, "{open}");
            }
        }
        for link in
            ["- ", "-", "1+", "not ", "a.", "f()", "[0]", "''[0]", "1**", "*", "{}", "'a'%", "1:", "\\\n"]
        {
            let chain = link.repeat((1 << 20) / link.len() - 1) + "1";
            assert!(parse(chain.as_bytes()).is_err(), "{link}");
        }
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(test).expect("a thread");
    thread.join().expect("no panic");
}

#[test]
fn a_mebibyte_is_read() {
    let fill = |item: &str| item.repeat(((1 << 20) - 20) / item.len());
    for items in ["1,", "'a' ", "#\n", "(),", "-1,\n", "{'a'},", "\\\n", "'''\\n\n''',"].map(fill) {
        assert!(parse(format!("[{items}]").as_bytes()).is_ok(), "{}", &items[..8]);
    }
    let items: String = (0..70_000).map(|key| format!("'{key:06}':0,")).collect();
    assert!(parse(format!("{{{items}}}").as_bytes()).is_ok());
}

fn any_value() -> impl Strategy<Value = Literal> {
    let leaf = prop_oneof![
        Just(Literal::None),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(Literal::Int),
        (-1e300..1e300).prop_map(Literal::Float),
        any::<String>().prop_map(Literal::Str),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let value = inner.prop_map(placed);
        let member = |text| placed(Literal::Str(text));
        prop_oneof![
            vec(value.clone(), 0..5).prop_map(Literal::List),
            vec(value.clone(), 0..5).prop_map(Literal::Tuple),
            btree_map(any::<String>(), value, 0..5)
                .prop_map(|items| Literal::Dict(items.into_iter().collect())),
            btree_set(any::<String>(), 1..5)
                .prop_map(move |members| Literal::Set(members.into_iter().map(member).collect())),
        ]
    })
}

fn placed(literal: Literal) -> Value {
    Value { literal, line: 1 }
}

/// The literal as Python's `repr` writes it, or so that Python reads the same from it.
fn rendered(literal: &Literal) -> String {
    let all = |items: &[Value]| items.iter().map(|item| rendered(&item.literal) + ",").collect::<String>();
    match literal {
        Literal::None => "None".to_owned(),
        Literal::Bool(true) => "True".to_owned(),
        Literal::Bool(false) => "False".to_owned(),
        Literal::Int(int) => int.to_string(),
        Literal::Float(float) => format!("{float:e}").replace("inf", "1e999"),
        Literal::Str(text) => rendered_text(text),
        Literal::List(items) => format!("[{}]", all(items)),
        Literal::Tuple(items) => format!("({})", all(items)),
        Literal::Set(items) => format!("{{{}}}", all(items)),
        Literal::Dict(items) => {
            let item = |(key, value): &(String, Value)| {
                format!("{}: {},\n", rendered_text(key), rendered(&value.literal))
            };
            format!("{{{}}}", items.iter().map(item).collect::<String>())
        }
    }
}

fn rendered_text(text: &str) -> String {
    let escaped = |c| match c {
        '"' | '\\' => format!("\\{c}"),
        '\0' | '\r' | '\n' => format!("\\x{:02x}", u32::from(c)),
        _ => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
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
            Err(error) => format!("{} {error}", error.line),
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
