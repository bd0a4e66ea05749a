// A whole session over gRPC: reserve, start, upload, watch, end.
//
//	client SUBJECT                                on this computer, with the token of endpoint.json
//	client SUBJECT RIG:PORT RIG-CERTIFICATE OWN   on a rig, as a program of another computer; OWN: the folder
//	                                              `identity` that `cagelab-bridge init` made on this one
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	bridgev1 "cagelab-bridge-client/bridgev1"
)

// Stands in every bridge's certificate, whatever the computer is called.
const tlsName = "bridge.cagelab.internal"

func main() {
	log.SetFlags(0)
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	connection, ctx, err := connect(ctx, os.Args[2:])
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	told, err := session(ctx, bridgev1.NewBridgeClient(connection), os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		log.Fatal(err)
	}
}

// session runs one and says what became of it.
func session(ctx context.Context, bridge bridgev1.BridgeClient, subject string) (map[string]string, error) {
	reserved, err := bridge.ReserveFolder(ctx, &bridgev1.ReserveFolderRequest{Subject: subject})
	if err != nil {
		return nil, err
	}
	id := reserved.SessionId
	started, err := bridge.StartSession(ctx, &bridgev1.StartSessionRequest{
		SessionId: id,
		Spec:      &bridgev1.SessionSpec{Subject: subject},
	})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(reserved.Folder, "events.table.1.tsv")
	if err := os.WriteFile(file, []byte("time\tevent\n0.1\tstart\n"), 0o644); err != nil {
		return nil, err
	}
	upload, err := bridge.UploadFiles(ctx, &bridgev1.UploadFilesRequest{
		SessionId: id,
		Paths:     []string{"events.table.1.tsv"},
	})
	if err != nil {
		return nil, err
	}
	if err := watch(ctx, bridge, id, upload.Transfer.TransferId); err != nil {
		return nil, err
	}
	ended, err := bridge.EndSession(ctx, &bridgev1.EndSessionRequest{SessionId: id, Qc: "PASS"})
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"session_id":  id,
		"transfer_id": upload.Transfer.TransferId,
		"started":     started.Session.Run.String(),
		"ended":       ended.Session.Run.String(),
	}, nil
}

// watch returns when the transfer is done.
func watch(ctx context.Context, bridge bridgev1.BridgeClient, session, transfer string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := bridge.Watch(ctx, &bridgev1.WatchRequest{SessionId: session})
	if err != nil {
		return err
	}
	for {
		told, err := stream.Recv()
		if err != nil {
			return err
		}
		found := told.GetTransfer()
		if found.GetTransferId() != transfer {
			continue
		}
		switch found.State {
		case bridgev1.TransferState_TRANSFER_STATE_DONE:
			return nil
		case bridgev1.TransferState_TRANSFER_STATE_BLOCKED:
			return fmt.Errorf("%s %s", found.Reason, found.Hint)
		}
	}
}

// connect dials the bridge of this computer, or the LAN door of a rig.
func connect(ctx context.Context, rig []string) (*grpc.ClientConn, context.Context, error) {
	if len(rig) == 3 {
		trust, err := mutualTLS(rig[1], rig[2])
		if err != nil {
			return nil, ctx, err
		}
		connection, err := grpc.NewClient(rig[0], grpc.WithTransportCredentials(trust), grpc.WithNoProxy())
		return connection, ctx, err
	}
	place, err := endpoint()
	if err != nil {
		return nil, ctx, err
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+place.Token)
	plain := grpc.WithTransportCredentials(insecure.NewCredentials()) // loopback: the token proves who calls
	connection, err := grpc.NewClient(place.Grpc, plain, grpc.WithNoProxy())
	return connection, ctx, err
}

// mutualTLS believes the rig's certificate and no other, and shows that of this computer.
func mutualTLS(rigCertificate, identity string) (credentials.TransportCredentials, error) {
	pem, err := os.ReadFile(rigCertificate)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New(rigCertificate + " holds no certificate")
	}
	own, err := tls.LoadX509KeyPair(filepath.Join(identity, "certificate.pem"), filepath.Join(identity, "key.pem"))
	if err != nil {
		return nil, err
	}
	return credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{own},
		RootCAs:      roots,
		ServerName:   tlsName,
		MinVersion:   tls.VersionTLS13,
	}), nil
}
