package claims

import "strings"

// Latest is the last second of the year 9999. Later dates are a mistake, or an
// attack on the code that converts them.
const Latest = 253402300799

// ParseNumericDate reads a JSON number as seconds since 1970 (RFC 7519 §2),
// exactly, in any spelling: 1.7e9 is 1700000000. seconds is the whole part, and
// more reports a fraction beyond it. ok is false for numbers below zero and
// beyond the year 9999.
//
// The text must be a number by the grammar of JSON.
func ParseNumericDate(text string) (seconds int64, more, ok bool) {
	mantissa, exponent := splitNumber(text)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return 0, false, true // zero, minus zero and 0e99 included
	}
	if text[0] == '-' {
		return 0, false, false
	}
	// The decimal point stands after this many of the digits.
	point := len(digits) - len(fraction) + exponent
	switch {
	case point > 12: // 253402300799 has twelve digits
		return 0, false, false
	case point <= 0:
		return 0, true, true
	}
	for i := range point {
		seconds *= 10
		if i < len(digits) {
			seconds += int64(digits[i] - '0')
		}
	}
	if point < len(digits) {
		more = strings.Trim(digits[point:], "0") != ""
	}
	return seconds, more, seconds < Latest || seconds == Latest && !more
}

// splitNumber takes a number apart. The exponent is kept within bounds that no
// result depends on: a text is at most some ten thousand digits long.
func splitNumber(text string) (mantissa string, exponent int) {
	text = strings.TrimPrefix(text, "-")
	i := strings.IndexAny(text, "eE")
	if i < 0 {
		return text, 0
	}
	mantissa, power := text[:i], strings.TrimPrefix(text[i+1:], "+")
	power, negative := strings.CutPrefix(power, "-")
	const bound = 1 << 20
	for _, c := range power {
		if exponent = exponent*10 + int(c-'0'); exponent > bound {
			exponent = bound
		}
	}
	if negative {
		exponent = -exponent
	}
	return mantissa, exponent
}
