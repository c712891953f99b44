"""The app of `cdk8s synth`; `python main.py` does the same without the cdk8s command line."""

from towpath.cdk8s_app import main

if __name__ == "__main__":
    raise SystemExit(main())
