function table = contract()
    % CONTRACT  The messages of proto/cagelab/bridge/v1 and their fields.
    %   TABLE = clbridge.internal.contract() returns a cell array of two columns:
    %   name of the message, and its fields as words: `name` is text, `name:int` a
    %   number, `name:bool`, `name:json` text that may be given as a struct,
    %   `name:Session` a message, `name:RUN_STATE_` an enum with that prefix. `*`
    %   marks a list, `?` a field that may be absent.
    %
    %   See also clbridge.internal.schema

    table = [accounts(); questions(); sessions(); calls(); transfers(); fetching(); credentials(); lending(); rigs()];
end

function table = accounts()
    table = {
        'Account', ['alyx_url username logged_in:bool reachable:bool reason hint clock_ahead_seconds:double? ' ...
            'zone_offset_hours:double? source']
        'KeyringStatus', 'state backend reason hint'
        'StoreStatus', 'endpoint source reachable:bool reason hint clock_ahead_seconds:double?'
        'LoginRequest', 'alyx_url username password remember:bool'
        'LoginResponse', 'account:Account'
        'LogoutRequest', 'alyx_url username'
        'LogoutResponse', ''
        'GetStatusRequest', ''
        'GetStatusResponse', ['version sandbox:bool started_at host accounts:Account* stores:StoreStatus* ' ...
            'sessions_open:int sessions_pending:int sessions_blocked:int files_waiting:int files_blocked:int ' ...
            'bytes_waiting:int64 oldest_waiting_since notices:Finding* time_zone journal process_id:int ' ...
            'role device_id lan_address keyring:KeyringStatus']
        'ErrorDetail', 'reason hint retryable:bool findings:Finding*'
      };
end

function table = questions()
    table = {
        'QueryRequest', 'path limit:int account alyx_url'
        'QueryResponse', 'json is_list:bool count:int total:int64 truncated:bool'
        'SubmitRequest', 'request_id method:SUBMIT_METHOD_ path json:json account alyx_url'
        'SubmitResponse', 'delivered:bool json reason submission_id'
        'ListChoicesRequest', 'kinds* account alyx_url'
        'ListChoicesResponse', 'choices:Choices*'
        'Choices', 'kind names* read_at'
      };
end

function table = sessions()
    table = {
        'Session', ['session_id subject lab location experimenters* projects* procedures* task_protocol ' ...
            'narrative brain_region rig alyx_url account date number:int folder start_time end_time ' ...
            'run:RUN_STATE_ alyx:ALYX_STATE_ complete:bool alyx_id url alyx_number:int blocked:bool ' ...
            'waiting_for_credentials:bool reason hint qc n_trials:int? n_correct_trials:int? json ' ...
            'transfer_ids* peer last_seen_at warnings* trouble_since amendments:Amendment*']
        'Amendment', 'amended_at field old_values* new_values* reason'
        'SessionSpec', ['subject lab location experimenters* projects* procedures* task_protocol narrative ' ...
            'brain_region rig json:json']
        'Finding', 'severity:SEVERITY_ field value message hint suggestions*'
      };
end

function table = calls()
    table = {
        'CheckSessionRequest', 'spec:SessionSpec files* repository data_url account alyx_url lending:bool'
        'CheckSessionResponse', 'ok:bool findings:Finding* live:bool'
        'ReserveFolderRequest', 'request_id subject lab date root'
        'ReserveFolderResponse', 'session_id folder date number:int lab warnings*'
        'StartSessionRequest', ['request_id spec:SessionSpec session_id folder account alyx_url client_pid:int ' ...
            'start_time alyx_id']
        'StartSessionResponse', 'session:Session'
        'EndSessionRequest', ['request_id session_id qc narrative n_trials:int? n_correct_trials:int? ' ...
            'json:json end_time upload_paths* upload_folder:bool repository']
        'EndSessionResponse', 'session:Session transfer_id'
        'AmendSessionRequest', 'request_id session_id subject projects* experimenters* reason'
        'AmendSessionResponse', 'session:Session'
        'GetSessionRequest', 'session_id heartbeat:bool rig'
        'GetSessionResponse', 'session:Session'
        'ListSessionsRequest', 'subject first_date last_date only_unfinished:bool limit:int rig'
        'ListSessionsResponse', 'sessions:Session*'
      };
end

function table = transfers()
    table = {
        'TransferFile', ['file_id path relative_path size:int64 state:FILE_STATE_ blocked:bool ' ...
            'waiting_for_credentials:bool reason hint md5 sha256 dataset_id bucket key bytes_sent:int64 ' ...
            'verified_by trouble_since partial:bool']
        'Transfer', ['transfer_id session_id state:TRANSFER_STATE_ repository accepted:bool power_safe:bool ' ...
            'files_total:int files_done:int files_blocked:int files_dismissed:int bytes_total:int64 ' ...
            'bytes_sent:int64 waiting_for_credentials:bool reason hint accepted_at files:TransferFile* ' ...
            'trouble_since peer last_seen_at direction:TRANSFER_DIRECTION_ folder files_present:int']
        'UploadFilesRequest', 'request_id session_id paths* repository'
        'UploadFilesResponse', 'transfer:Transfer'
        'GetTransferRequest', ['transfer_id summary_only:bool only_blocked:bool page_size:int page_token ' ...
            'rig']
        'GetTransferResponse', 'transfer:Transfer next_page_token'
        'ListTransfersRequest', 'session_id only_unfinished:bool limit:int rig'
        'ListTransfersResponse', 'transfers:Transfer*'
        'RetryTransferRequest', 'transfer_id'
        'RetryTransferResponse', 'files:int sessions:int'
        'CancelTransferRequest', 'transfer_id reason'
        'CancelTransferResponse', 'transfer:Transfer'
        'DismissFileRequest', 'file_id reason'
        'DismissFileResponse', 'file:TransferFile'
      };
end

function table = fetching()
    table = {
        'DownloadFilesRequest', ['request_id session_ids* subject lab first_date last_date task_protocol ' ...
            'dataset_types* names* collections* dataset_ids* all_revisions:bool folder alyx_url account']
        'DownloadFilesResponse', 'transfer:Transfer'
      };
end

function table = credentials()
    table = {
        'CredentialInfo', 'kind:CREDENTIAL_KIND_ endpoint identity source'
        'PutCredentialsRequest', 'kind:CREDENTIAL_KIND_ endpoint identity secret keep:KEEP_'
        'PutCredentialsResponse', 'credential:CredentialInfo'
        'ListCredentialsRequest', ''
        'ListCredentialsResponse', 'credentials:CredentialInfo* keyring:KeyringStatus'
        'RemoveCredentialsRequest', 'kind:CREDENTIAL_KIND_ endpoint identity'
        'RemoveCredentialsResponse', 'removed:bool'
      };
end

function table = lending()
    % What goes between two bridges only (leases with their secrets, signatures) is not MATLAB's.
    table = {
        'Need', ['session_id subject lab projects* alyx_url username alyx_id repository endpoint ' ...
            'token_wanted:bool store_wanted:bool lease_id']
        'Lease', ['id peer session_id alyx_url username has_token:bool grant:STORE_GRANT_ endpoint bucket ' ...
            'prefix expires_at']
        'ForwardCredentialsRequest', 'rig seconds:double alyx_url username'
        'ForwardCredentialsResponse', 'rig lease_id expires_at warnings*'
        'ListLeasesRequest', ''
        'ListLeasesResponse', 'leases:Lease*'
        'RevokeLeaseRequest', 'lease_id'
        'RevokeLeaseResponse', ''
      };
end

function table = rigs()
    table = {
        'Rig', ['name address device_id connected:bool last_seen_at reason hint version sandbox:bool ' ...
            'clock_ahead_seconds:double? needs:Need* leases:Lease* sessions_open:int files_waiting:int ' ...
            'files_blocked:int notices:Finding*']
        'ListRigsRequest', ''
        'ListRigsResponse', 'rigs:Rig*'
        'GetRigRequest', 'rig'
        'GetRigResponse', 'rig:Rig'
      };
end
