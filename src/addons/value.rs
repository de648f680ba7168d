//! The values that a manifest can contain.

/// A value and the line where it begins, counted from 1. The line does not matter to whether two are equal.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) literal: Literal,
    pub(super) line: usize,
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.literal == other.literal
    }
}

/// What Python makes of a literal.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    /// Texts, each once, in the order in which they are written.
    Set(Vec<Value>),
    /// Each key once, in Python's order: a key that is written twice keeps its first place and has its last value.
    Dict(Vec<(String, Value)>),
}

impl Literal {
    /// The name of its type in Python.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::Tuple(_) => "tuple",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Dict(_) => "dict",
        }
    }

    /// Python's `bool(value)`.
    pub(super) fn is_truthy(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::Tuple(items) | Self::List(items) | Self::Set(items) => !items.is_empty(),
            Self::Dict(items) => !items.is_empty(),
        }
    }
}
