package openapipostern

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// reader turns a document into operations.
type reader struct {
	options      *Options
	doc          *openapi3.T
	declared     openapi3.SecuritySchemes
	schemes      map[string]scheme
	publicHere   names
	optionalHere names
	wildcards    names
	faults       []error
}

// names are entries of an option, with whether the document has used them.
type names map[string]bool

func namesOf(entries []string) names {
	n := make(names, len(entries))
	for _, entry := range entries {
		n[entry] = false
	}
	return n
}

// take reports whether name is an entry, and remembers that it was used.
func (n names) take(name string) bool {
	_, ok := n[name]
	if ok {
		n[name] = true
	}
	return ok
}

func newReader(doc *openapi3.T, o *Options) *reader {
	r := &reader{
		options: o, doc: doc,
		publicHere: namesOf(o.PublicHere), optionalHere: namesOf(o.OptionalHere),
		wildcards: namesOf(slices.Collect(maps.Keys(o.Wildcards))),
	}
	if doc.Components != nil {
		r.declared = doc.Components.SecuritySchemes
	}
	r.schemes, r.faults = tokenSchemes(r.declared, o)
	return r
}

// operations reads them all, in the order of paths and methods.
func (r *reader) operations() ([]Operation, error) {
	if len(r.faults) > 0 {
		return nil, errors.Join(r.faults...)
	}
	var operations []Operation
	paths := r.doc.Paths.Map()
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path]
		methods := item.Operations()
		if item.Ref != "" && len(methods) == 0 {
			r.fault(path, errors.New("its $ref leads to no operation"))
		}
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			op, err := r.operation(method, path, methods[method])
			if err != nil {
				r.fault(method+" "+path, err)
				continue
			}
			operations = append(operations, op)
		}
	}
	if len(operations) == 0 && len(r.faults) == 0 {
		r.faults = append(r.faults, wrong("", "the document has no operation"))
	}
	r.needless("PublicHere", r.publicHere)
	r.needless("OptionalHere", r.optionalHere)
	r.needless("Wildcards", r.wildcards)
	r.faults = append(r.faults, conflicts(operations)...)
	return operations, errors.Join(r.faults...)
}

// fault notes what is wrong with something in the document.
func (r *reader) fault(place string, err error) {
	var f finding
	if errors.As(err, &f) {
		r.faults = append(r.faults, finding{line(line(place) + ": " + f.text), f.cause})
		return
	}
	r.faults = append(r.faults, because(place, err))
}

// needless names entries of an option that the document does not need. Such an
// entry is a spelling mistake, or would open what is added later under its name.
func (r *reader) needless(option string, n names) {
	for _, name := range slices.Sorted(maps.Keys(n)) {
		if !n[name] {
			r.faults = append(r.faults, wrong("", "Options.%s names %s, which needs no entry there", option, quoted(name)))
		}
	}
}

func (r *reader) operation(method, path string, op *openapi3.Operation) (Operation, error) {
	pattern, params, err := patternOf(path, r.options)
	if err != nil {
		return Operation{}, err
	}
	for _, param := range params {
		r.wildcards.take(param)
	}
	o := Operation{Name: op.OperationID, Pattern: method + " " + pattern}
	if o.Name == "" {
		return Operation{}, wrong("", "has no operationId")
	}
	alternatives, err := r.security(op)
	if err != nil {
		return Operation{}, err
	}
	if o.Policy, err = r.policy(o.Name, alternatives); err != nil {
		return Operation{}, err
	}
	o.Policy, err = r.narrowed(o.Policy, op)
	return o, err
}

// security are the requirements of an operation: its own, or else those of the
// document. These must not open what is added to the document later.
func (r *reader) security(op *openapi3.Operation) (asked, error) {
	if op.Security != nil {
		return r.alternatives(*op.Security)
	}
	if r.doc.Security == nil {
		return nil, wrong("", "neither it nor the document has security; [] says that an operation is public")
	}
	alternatives, err := r.alternatives(r.doc.Security)
	if err != nil {
		return nil, err
	}
	if len(alternatives) == 0 || slices.ContainsFunc(alternatives, func(a alternative) bool { return !a.token }) {
		return nil, wrong("", "security of the document lets it be called without a token; only the operation itself may say that")
	}
	return alternatives, nil
}

// conflicts are operations that http.ServeMux cannot tell apart.
func conflicts(operations []Operation) (faults []error) {
	mux := http.NewServeMux()
	for i, o := range operations {
		if err := register(mux, o.Pattern); err != nil {
			faults = append(faults, conflict(o.Pattern, operations[:i], err))
		}
	}
	return faults
}

// conflict names the other pattern, without the lines of this package that said
// names.
func conflict(pattern string, before []Operation, said error) error {
	for _, other := range before {
		pair := http.NewServeMux()
		if register(pair, other.Pattern) == nil && register(pair, pattern) != nil {
			return wrong(pattern, "conflicts with %s: some requests match both, and neither is more specific", other.Pattern)
		}
	}
	return because(pattern, said)
}
