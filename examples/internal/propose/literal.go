package propose

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/postern-go/postern/token"
)

// Literal is the profile in Go, without its zero fields.
func Literal(p token.Profile) string { return literal(reflect.ValueOf(p), "\t") }

func literal(v reflect.Value, indent string) string {
	switch v.Kind() {
	case reflect.Struct:
		return structLiteral(v, indent)
	case reflect.Slice:
		var elements []string
		for i := range v.Len() {
			elements = append(elements, strings.TrimPrefix(literal(v.Index(i), ""), v.Type().Elem().String()))
		}
		return v.Type().String() + "{" + strings.Join(elements, ", ") + "}"
	default:
		return fmt.Sprintf("%#v", v.Interface())
	}
}

// structLiteral has each field on a line of its own, or all on one without indent.
func structLiteral(v reflect.Value, indent string) string {
	var fields []string
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			fields = append(fields, v.Type().Field(i).Name+": "+literal(v.Field(i), ""))
		}
	}
	switch {
	case len(fields) == 0:
		return v.Type().String() + "{}"
	case indent == "":
		return v.Type().String() + "{" + strings.Join(fields, ", ") + "}"
	}
	return v.Type().String() + "{\n" + indent + strings.Join(fields, ",\n"+indent) + ",\n}"
}
