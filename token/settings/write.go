package settings

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"

	"go.yaml.in/yaml/v3"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/token"
)

// Marshal writes settings in YAML, in the form that Parse reads. What is read
// from it equals f. An error matches token.ErrConfig: f is not valid, or holds
// what a file cannot hold, such as an HTTPClient. A claim with a name that begins
// with a slash is such a thing too; give it as a Path of one name.
func Marshal(f *File) ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, f.placed(err)
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(objectNode(fileForm(f), 0)); err != nil {
		return nil, evidence.OneLine(fmt.Errorf("settings: %w: %w", token.ErrConfig, err))
	}
	read, err := Parse(out.Bytes())
	if err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(read.Issuers, f.Issuers) || !maps.Equal(read.Operations, f.Operations) {
		return nil, evidence.Errorf(token.ErrConfig, "settings: a file cannot hold all of these settings")
	}
	return out.Bytes(), nil
}
