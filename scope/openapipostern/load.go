package openapipostern

import (
	"context"
	"errors"
	"net/url"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v4"
)

// load has the document resolved and validated. Examples, defaults and regular
// expressions in it are left alone: they are no business of a guard.
func load(text []byte, root *yaml.Node) (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	loader.ReadFromURIFunc = readNothing
	doc, err := loader.LoadFromData(text)
	if err != nil {
		return nil, because("", err)
	}
	if doc.OpenAPIMajorMinor() == "" {
		return nil, wrong("", "openapi is %s, want a version 3.0, 3.1 or 3.2", quoted(doc.OpenAPI))
	}
	if err := doc.Validate(context.Background(), validation(doc, root)...); err != nil {
		return nil, because("", err)
	}
	return doc, nil
}

// readNothing stands for every way to another document: a service must not
// fetch what decides whom it lets in, nor what somebody else wrote into that.
func readNothing(_ *openapi3.Loader, location *url.URL) ([]byte, error) {
	return nil, errors.New("the $ref " + quoted(location.String()) + " leads out of the document; nothing is fetched, so bundle it first")
}

func validation(doc *openapi3.T, root *yaml.Node) []openapi3.ValidationOption {
	options := []openapi3.ValidationOption{
		openapi3.DisableExamplesValidation(),
		openapi3.DisableSchemaPatternValidation(),
		openapi3.DisableSchemaDefaultsValidation(),
	}
	if doc.IsOpenAPI31OrLater() && member(member(root, "components"), "pathItems") != nil {
		// A field since OpenAPI 3.1, which the library follows but does not list.
		options = append(options, openapi3.AllowExtraSiblingFields("pathItems"))
	}
	return options
}
