package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// place is what endpoint.json says, as far as this client needs it.
type place struct {
	Grpc  string `json:"grpc"`
	Token string `json:"token"`
}

// endpoint reads where the bridge of this account listens, and the token to show there.
func endpoint() (place, error) {
	for _, folder := range folders() {
		data, err := os.ReadFile(filepath.Join(folder, "endpoint.json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var found place
		if err == nil {
			err = json.Unmarshal(data, &found)
		}
		return found, err
	}
	return place{}, errors.New("no bridge runs for this account; start it: cagelab-bridge serve")
}

func folders() []string {
	if chosen := os.Getenv("CAGELAB_BRIDGE_RUNTIME"); chosen != "" {
		return []string{chosen}
	}
	cache := filepath.Join(os.Getenv("HOME"), ".cache", "cagelab-bridge", "run")
	if session := os.Getenv("XDG_RUNTIME_DIR"); session != "" {
		return []string{filepath.Join(session, "cagelab-bridge"), cache}
	}
	return []string{cache}
}
