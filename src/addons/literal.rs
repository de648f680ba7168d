//! Python literals, read as Python 3.11's `ast.literal_eval` reads them. The only file that names the parser.
//!
//! The parser is not `literal_eval`: it takes a byte order mark, deep nesting and whole programs. So the text is
//! checked before (`source`, `scan`), and of the parser's tree only what is a literal is taken.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ruff_python_ast::{Expr, ExprBinOp, ExprNumberLiteral, Number, Operator, UnaryOp};
use ruff_python_parser::parse_expression;

use super::problem::{LiteralError, Problem};
use super::scan;
use super::source::Source;
use super::value::{Int, Literal, Value};

/// Python reads no longer decimal int (`sys.int_info.default_max_str_digits`).
const MAX_DIGITS: usize = 4300;

/// Reads the bytes of a file as `ast.literal_eval(open(file, encoding="utf-8").read())` does.
///
/// Accepts what Python 3.11 accepts, and gives the same value, but for this:
/// - Half a surrogate pair (`"\ud800"`) is refused, since no Rust string can hold it; so is a file longer than 1 MiB.
/// - The names in `"\N{BULLET}"` are those of the parser's edition of Unicode, and it takes those of ideographs and
///   Hangul syllables in lower case, too.
/// - 200 brackets may always be nested; from 199 on, Python runs out of memory over some.
///
/// Needs little stack whatever the text is.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, LiteralError> {
    let source = Source::decode(bytes)?;
    scan::check(&source)?;
    let parsed = parse_expression(source.text()).map_err(|error| {
        let why = in_house_style(&error.error.to_string());
        source.error(error.location.start().to_usize(), Problem::Syntax { why })
    })?;
    Reader { source: &source }.value(parsed.expr())
}

/// The parser begins its messages with a capital and quotes with apostrophes.
fn in_house_style(message: &str) -> String {
    let mut rest = message.chars();
    let first = rest.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(rest).collect::<String>().replace('\'', "`")
}

struct Reader<'a> {
    source: &'a Source,
}

impl Reader<'_> {
    fn value(&self, expression: &Expr) -> Result<Value, LiteralError> {
        let at = self.source.place(offset(expression));
        let literal = match expression {
            Expr::NoneLiteral(_) => Literal::None,
            Expr::EllipsisLiteral(_) => Literal::Ellipsis,
            Expr::BooleanLiteral(boolean) => Literal::Bool(boolean.value),
            Expr::StringLiteral(string) => Literal::Str(string.value.to_str().to_owned()),
            Expr::BytesLiteral(bytes) => Literal::Bytes(bytes.value.bytes().collect()),
            Expr::Tuple(tuple) => Literal::Tuple(self.values(&tuple.elts)?),
            Expr::List(list) => Literal::List(self.values(&list.elts)?),
            Expr::Set(set) => Literal::Set(self.members(&set.elts)?),
            Expr::Dict(dict) => {
                let mut items = Items::default();
                for item in &dict.items {
                    let key = item
                        .key
                        .as_ref()
                        .ok_or_else(|| self.refuse(&item.value, "an unpacking `**`".to_owned()))?;
                    items.insert(self.value(key)?, self.value(&item.value)?)?;
                }
                Literal::Dict(items.list)
            }
            Expr::Call(call) if call.arguments.is_empty() && is_set(&call.func) => Literal::Set(Vec::new()),
            Expr::BinOp(sum) => {
                self.complex(sum)?.ok_or_else(|| self.refuse(expression, operator(sum.op.as_str())))?
            }
            Expr::UnaryOp(signed) => self
                .number(expression)?
                .ok_or_else(|| self.refuse(expression, operator(signed.op.as_str())))?,
            Expr::NumberLiteral(_) => {
                self.number(expression)?.ok_or_else(|| self.refuse(expression, "a number".to_owned()))?
            }
            Expr::Name(name) => return Err(self.refuse(expression, format!("a name `{}`", name.id))),
            Expr::Call(_) => return Err(self.refuse(expression, "a call `set(…)`".to_owned())),
            _ => return Err(self.refuse(expression, "an expression".to_owned())),
        };
        Ok(Value { literal, at })
    }

    fn values(&self, expressions: &[Expr]) -> Result<Vec<Value>, LiteralError> {
        expressions.iter().map(|expression| self.value(expression)).collect()
    }

    fn members(&self, expressions: &[Expr]) -> Result<Vec<Value>, LiteralError> {
        let mut items = Items::default();
        for member in self.values(expressions)? {
            let nothing = Value { literal: Literal::None, at: member.at };
            items.insert(member, nothing)?;
        }
        Ok(items.list.into_iter().map(|(member, _)| member).collect())
    }

    /// `1 + 2j`: a signed int or float, then a complex number without a sign of its own. None where it is not that.
    fn complex(&self, sum: &ExprBinOp) -> Result<Option<Literal>, LiteralError> {
        let real = match self.number(&sum.left)? {
            Some(Literal::Float(real)) => real,
            Some(Literal::Int(int)) => int.to_float().ok_or_else(|| self.too_large(&sum.left))?,
            _ => return Ok(None),
        };
        let Expr::NumberLiteral(ExprNumberLiteral { value: Number::Complex { imag, .. }, .. }) = &*sum.right
        else {
            return Ok(None);
        };
        // The two zeros are the parts that are not written; they decide the sign of a zero.
        Ok(match sum.op {
            Operator::Add => Some(Literal::Complex { real: real + 0.0, imaginary: 0.0 + imag }),
            Operator::Sub => Some(Literal::Complex { real: real - 0.0, imaginary: 0.0 - imag }),
            _ => None,
        })
    }

    /// A number with at most one sign. None where it is not that: `-True` is no literal.
    fn number(&self, expression: &Expr) -> Result<Option<Literal>, LiteralError> {
        match expression {
            Expr::NumberLiteral(number) => Ok(Some(match &number.value {
                Number::Int(_) => Literal::Int(self.int(number)?),
                Number::Float(float) => Literal::Float(*float),
                Number::Complex { real, imag } => Literal::Complex { real: *real, imaginary: *imag },
            })),
            Expr::UnaryOp(signed) if signed.operand.is_number_literal_expr() => {
                let number = self.number(&signed.operand)?;
                Ok(match (signed.op, number) {
                    (UnaryOp::UAdd, number) => number,
                    (UnaryOp::USub, Some(Literal::Int(int))) => Some(Literal::Int(int.negated())),
                    (UnaryOp::USub, Some(Literal::Float(float))) => Some(Literal::Float(-float)),
                    (UnaryOp::USub, Some(Literal::Complex { real, imaginary })) => {
                        Some(Literal::Complex { real: -real, imaginary: -imaginary })
                    }
                    _ => None,
                })
            }
            _ => Ok(None),
        }
    }

    /// Reads the digits from the text, for the parser's own type does not give large ints away.
    fn int(&self, number: &ExprNumberLiteral) -> Result<Int, LiteralError> {
        let range = number.range.start().to_usize()..number.range.end().to_usize();
        let text = &self.source.text()[range.clone()];
        let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'_'));
        let fits = !is_decimal || digits <= MAX_DIGITS || is_zero;
        let int = if fits { Int::parse(text) } else { None };
        int.ok_or_else(|| self.source.error(range.start, Problem::NumberTooLarge))
    }

    fn too_large(&self, expression: &Expr) -> LiteralError {
        self.source.error(offset(expression), Problem::NumberTooLarge)
    }

    fn refuse(&self, expression: &Expr, what: String) -> LiteralError {
        self.source.error(offset(expression), Problem::NotALiteral { what })
    }
}

fn operator(sign: &str) -> String {
    format!("the operator `{sign}`")
}

/// `set`, the one name that `literal_eval` lets be called.
fn is_set(expression: &Expr) -> bool {
    matches!(expression, Expr::Name(name) if name.id.as_str() == "set")
}

/// Where an expression begins; what `scan` lets through is one of these.
fn offset(expression: &Expr) -> usize {
    let range = match expression {
        Expr::NoneLiteral(none) => none.range,
        Expr::EllipsisLiteral(ellipsis) => ellipsis.range,
        Expr::BooleanLiteral(boolean) => boolean.range,
        Expr::NumberLiteral(number) => number.range,
        Expr::StringLiteral(string) => string.range,
        Expr::BytesLiteral(bytes) => bytes.range,
        Expr::Tuple(tuple) => tuple.range,
        Expr::List(list) => list.range,
        Expr::Set(set) => set.range,
        Expr::Dict(dict) => dict.range,
        Expr::Call(call) => return offset(&call.func),
        Expr::Name(name) => name.range,
        Expr::BinOp(sum) => sum.range,
        Expr::UnaryOp(signed) => signed.range,
        _ => return 0,
    };
    range.start().to_usize()
}

/// The items of a dict, or the members of a set as its keys: the first of equal keys stays, the last value wins.
#[derive(Default)]
struct Items {
    list: Vec<(Value, Value)>,
    index_of: HashMap<String, usize>,
}

impl Items {
    fn insert(&mut self, key: Value, value: Value) -> Result<(), LiteralError> {
        let unhashable = |type_name| LiteralError { at: key.at, problem: Problem::Unhashable { type_name } };
        let hash_key = key.literal.hash_key().map_err(unhashable)?;
        match self.index_of.entry(hash_key) {
            Entry::Occupied(index) => self.list[*index.get()].1 = value,
            Entry::Vacant(vacancy) => {
                vacancy.insert(self.list.len());
                self.list.push((key, value));
            }
        }
        Ok(())
    }
}
