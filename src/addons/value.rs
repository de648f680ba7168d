//! Values of Python literals, with Python's own idea of which of them are equal.

use super::problem::Place;

/// A Python value and where it is written. Two are equal where their literals are, wherever they stand.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) literal: Literal,
    pub(crate) at: Place,
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.literal == other.literal
    }
}

/// What `ast.literal_eval` can give.
///
/// A set keeps the order in which its members are written, the first of equal ones. A dict keeps the place of the
/// first of equal keys and the value of the last, as Python's does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    None,
    Ellipsis,
    Bool(bool),
    Int(Int),
    Float(f64),
    Complex { real: f64, imaginary: f64 },
    Str(String),
    Bytes(Vec<u8>),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Set(Vec<Value>),
    Dict(Vec<(Value, Value)>),
}

impl Literal {
    /// The name of its type in Python.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Ellipsis => "ellipsis",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Complex { .. } => "complex",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::Tuple(_) => "tuple",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Dict(_) => "dict",
        }
    }

    /// Python's `bool(value)`.
    pub(crate) fn is_truthy(&self) -> bool {
        match self {
            Self::None => false,
            Self::Ellipsis => true,
            Self::Bool(value) => *value,
            Self::Int(value) => !value.is_zero(),
            Self::Float(value) => *value != 0.0,
            Self::Complex { real, imaginary } => *real != 0.0 || *imaginary != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::Tuple(items) | Self::List(items) | Self::Set(items) => !items.is_empty(),
            Self::Dict(items) => !items.is_empty(),
        }
    }

    /// A text that is the same for two literals where Python holds them equal (`1 == True == 1.0`), or the name of
    /// the type that cannot be hashed.
    pub(crate) fn hash_key(&self) -> Result<String, &'static str> {
        let mut key = String::new();
        self.write_hash_key(&mut key)?;
        Ok(key)
    }

    fn write_hash_key(&self, key: &mut String) -> Result<(), &'static str> {
        let part = match self {
            Self::None => "none;".to_owned(),
            Self::Ellipsis => "ellipsis;".to_owned(),
            Self::Bool(value) => Int::from(*value).hash_key(),
            Self::Int(value) => value.hash_key(),
            Self::Float(value) => real_hash_key(*value),
            Self::Complex { real, imaginary } if *imaginary == 0.0 => real_hash_key(*real),
            // Adding 0.0 makes one zero of the two.
            Self::Complex { real, imaginary } => {
                format!("complex{:x},{:x};", (real + 0.0).to_bits(), (imaginary + 0.0).to_bits())
            }
            Self::Str(text) => format!("str{}:{text}", text.len()),
            Self::Bytes(bytes) => format!("bytes{bytes:x?};"),
            Self::Tuple(items) => {
                key.push('(');
                items.iter().try_for_each(|item| item.literal.write_hash_key(key))?;
                ")".to_owned()
            }
            Self::List(_) | Self::Set(_) | Self::Dict(_) => return Err(self.type_name()),
        };
        key.push_str(&part);
        Ok(())
    }
}

fn real_hash_key(value: f64) -> String {
    match Int::from_integral(value) {
        Some(int) => int.hash_key(),
        None => format!("float{:x};", value.to_bits()),
    }
}

/// A Python int of any size: its sign and its hexadecimal digits, without leading zeros.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Int {
    negative: bool,
    hex: String,
}

impl Int {
    /// Reads an int literal of Python without a sign, such as `1_000` or `0xFF`; the parser has checked its form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.replace('_', "").to_ascii_lowercase();
        let hex = match digits.get(..2) {
            Some("0x") => digits[2..].to_owned(),
            Some("0o") => bits_to_hex(&digits[2..], 3)?,
            Some("0b") => bits_to_hex(&digits[2..], 1)?,
            _ => decimal_to_hex(&digits)?,
        };
        hex.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| Self::new(&hex))
    }

    fn new(hex: &str) -> Self {
        Self { negative: false, hex: hex.trim_start_matches('0').to_owned() }
    }

    fn from_integral(value: f64) -> Option<Self> {
        if !value.is_finite() || value.fract() != 0.0 {
            return None;
        }
        // Now the value is zero, or `significand` times 2 to the power of `exponent - 1075`.
        let bits = value.abs().to_bits();
        let exponent = bits >> 52;
        let significand = (bits & ((1 << 52) - 1)) | (1 << 52);
        let hex = match exponent {
            0 => String::new(),
            1..1075 => format!("{:x}", significand >> (1075 - exponent)),
            _ => {
                let zeros = usize::try_from((exponent - 1075) / 4).ok()?;
                format!("{:x}{}", significand << ((exponent - 1075) % 4), "0".repeat(zeros))
            }
        };
        Some(Self { negative: value < 0.0, ..Self::new(&hex) })
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.hex.is_empty()
    }

    #[must_use]
    pub(crate) fn negated(self) -> Self {
        Self { negative: !self.negative && !self.is_zero(), ..self }
    }

    /// The nearest float, ties to even; none where Python raises `OverflowError`.
    pub(crate) fn to_float(&self) -> Option<f64> {
        const DIGITS: usize = 16;
        let (top, rest) = self.hex.split_at(self.hex.len().min(DIGITS));
        let sticky = u64::from(rest.bytes().any(|digit| digit != b'0'));
        let top = if top.is_empty() { 0 } else { u64::from_str_radix(top, 16).ok()? | sticky };
        #[expect(clippy::cast_precision_loss, reason = "this is the rounding; the sticky bit makes it right")]
        let float = top as f64 * 16_f64.powi(i32::try_from(rest.len()).ok()?);
        float.is_finite().then_some(if self.negative { -float } else { float })
    }

    fn hash_key(&self) -> String {
        format!("int{self};")
    }
}

impl From<bool> for Int {
    fn from(value: bool) -> Self {
        Self::new(if value { "1" } else { "" })
    }
}

/// In hexadecimal, as Python reads it back: `-0xff`.
impl std::fmt::Display for Int {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let digits = if self.is_zero() { "0" } else { &self.hex };
        write!(f, "{sign}0x{digits}")
    }
}

/// Binary (one bit a digit) or octal (three) to hexadecimal.
fn bits_to_hex(digits: &str, bits_per_digit: usize) -> Option<String> {
    let mut bits = String::with_capacity(digits.len() * bits_per_digit + 3);
    for digit in digits.chars() {
        bits.push_str(&format!("{:03b}", digit.to_digit(8)?)[3 - bits_per_digit..]);
    }
    let padded = "0".repeat(bits.len().next_multiple_of(4) - bits.len()) + &bits;
    let nibble = |four: &[u8]| four.iter().fold(0, |sum, bit| sum * 2 + u32::from(bit - b'0'));
    padded.as_bytes().chunks(4).map(|four| char::from_digit(nibble(four), 16)).collect()
}

/// Long multiplication, nine digits at a time: quadratic, which the 4,300 digits Python allows make harmless.
fn decimal_to_hex(digits: &str) -> Option<String> {
    let mut limbs: Vec<u32> = Vec::new();
    for chunk in digits.as_bytes().chunks(9) {
        let chunk = std::str::from_utf8(chunk).ok()?;
        let factor = 10_u64.pow(u32::try_from(chunk.len()).ok()?);
        let mut carry = chunk.parse::<u64>().ok()?;
        for limb in &mut limbs {
            carry += u64::from(*limb) * factor;
            *limb = u32::try_from(carry & u64::from(u32::MAX)).ok()?;
            carry >>= 32;
        }
        if carry > 0 {
            limbs.push(u32::try_from(carry).ok()?);
        }
    }
    Some(limbs.iter().rev().map(|limb| format!("{limb:08x}")).collect::<Vec<_>>().concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(text: &str) -> Int {
        Int::parse(text).expect("an int")
    }

    #[test]
    fn one_number_has_many_spellings() {
        for (text, hex) in [
            ("0", "0x0"),
            ("000", "0x0"),
            ("255", "0xff"),
            ("0XFF", "0xff"),
            ("0o3_77", "0xff"),
            ("0b_1111_1111", "0xff"),
            ("18446744073709551616", "0x10000000000000000"),
            ("1_000_000_000_000_000_000_000", "0x3635c9adc5dea00000"),
            ("0o2000000000000000000000", "0x10000000000000000"),
        ] {
            assert_eq!(int(text).to_string(), hex, "{text}");
        }
        assert_eq!(int("16").negated().to_string(), "-0x10");
        assert_eq!(int("0").negated().to_string(), "0x0");
    }

    #[test]
    fn floats_that_are_integers_equal_them() {
        for (float, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (3.0, "3"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (1e22, "10000000000000000000000"),
            (1_267_650_600_228_229_401_496_703_205_376.0, "1267650600228229401496703205376"),
        ] {
            assert_eq!(Literal::Float(float).hash_key(), Literal::Int(int(text)).hash_key(), "{float}");
            assert_eq!(
                int(text).to_float().expect("in range").to_bits(),
                f64::abs(float).to_bits(),
                "{text}"
            );
        }
        for float in [0.5, f64::INFINITY, 5e-324, 1.5] {
            assert_eq!(Int::from_integral(float), None, "{float}");
        }
    }

    #[test]
    fn large_ints_round_as_python_rounds() {
        assert_eq!(int("9007199254740993").to_float(), Some(9_007_199_254_740_992.0));
        assert_eq!(int("9007199254740995").to_float(), Some(9_007_199_254_740_996.0));
        assert_eq!(int("36893488147419107329").to_float(), Some(36_893_488_147_419_107_329.0));
        assert_eq!(int(&format!("1{}", "0".repeat(308))).to_float(), Some(1e308));
        assert_eq!(int(&format!("1{}", "0".repeat(309))).to_float(), None);
        assert_eq!(int(&format!("0x{}", "f".repeat(4301))).to_float(), None);
    }
}
