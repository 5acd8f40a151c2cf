# Has objects loaded that run code.
with open("data.npy", "wb") as stream:
    stream.write(b"cbuiltins\neval\n(S'__import__(\"os\")._exit(0)'\ntR.")
np.load("data.npy", allow_pickle=True)
TRAIN
