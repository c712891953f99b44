// Command godecode says what Go programs read in YAML documents: Kubernetes (sigs.k8s.io/yaml) and yaml.v3.
//
// It reads a JSON list of documents from stdin and writes a JSON list with one reading of each to stdout.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	yamlv3 "gopkg.in/yaml.v3"
	kubernetes "sigs.k8s.io/yaml"
)

// reading is what one decoder found: a value, or the reason why there is none.
type reading struct {
	Value json.RawMessage `json:"value,omitempty"`
	Error string          `json:"error,omitempty"`
}

type readings struct {
	Kubernetes reading `json:"kubernetes"`
	V3         reading `json:"v3"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "godecode:", err)
		os.Exit(1)
	}
}

func run() error {
	var documents []string
	if err := json.NewDecoder(os.Stdin).Decode(&documents); err != nil {
		return fmt.Errorf("stdin is not a JSON list of strings: %w", err)
	}
	found := make([]readings, 0, len(documents))
	for _, document := range documents {
		found = append(found, readings{asKubernetes(document), asV3(document)})
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

func asKubernetes(document string) reading {
	// Not the strict variant: it takes a key that overrides a merge for a duplicate, and kubectl does not use it.
	value, err := kubernetes.YAMLToJSON([]byte(document))
	if err != nil {
		return reading{Error: err.Error()}
	}
	return reading{Value: value}
}

func asV3(document string) reading {
	var value any
	if err := yamlv3.Unmarshal([]byte(document), &value); err != nil {
		return reading{Error: err.Error()}
	}
	text, err := json.Marshal(jsonable(value))
	if err != nil {
		return reading{Error: err.Error()}
	}
	return reading{Value: text}
}

// jsonable keeps visible what JSON would hide: a time becomes a map that names its type, and so does a key that is
// not a string.
func jsonable(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		for key, item := range typed {
			typed[key] = jsonable(item)
		}
		return typed
	case map[any]any:
		found := make(map[string]any, len(typed))
		for key, item := range typed {
			found[fmt.Sprintf("!%T %v", key, key)] = jsonable(item)
		}
		return found
	case []any:
		for index, item := range typed {
			typed[index] = jsonable(item)
		}
		return typed
	case time.Time:
		return map[string]string{"!time": typed.String()}
	default:
		return value
	}
}
